import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { ModelHook } from '../../../lib';

const CENTS = {
  to: (euros: number | null) => (euros === null ? null : Math.round(euros * 100)),
  from: (cents: number | null) => (cents === null ? null : cents / 100),
};

export const TARGET = 'https://ledger.example/hook';

/** The class whose events stand in `events.json`, with one hook for each way in which the earlier release stored `previous`. */
@Entity()
@ModelHook({ provides: '*' })
@ModelHook({ name: 'exact', provides: '*', exactPrevious: true })
@ModelHook({
  name: 'resolving',
  provides: '*',
  compute: { shout: (row: Ledger) => row.label.toUpperCase() },
  resolve: () => [TARGET, { url: `${TARGET}/secret`, secret: 'a-secret-of-the-earlier-release' }],
})
export class Ledger {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  label!: string;

  @Column({ type: 'integer', transformer: CENTS })
  euros!: number;

  @Column({ type: 'bigint' })
  big!: string;

  @Column({ type: 'decimal', precision: 12, scale: 2 })
  amount!: string;

  @Column({ type: 'date' })
  day!: string;

  @Column({ type: 'time' })
  time!: string;

  @Column({ type: 'timestamptz' })
  instant!: Date;

  @Column({ type: 'jsonb', nullable: true })
  document!: unknown;

  @Column({ type: 'bytea' })
  bytes!: Buffer;

  @Column({ type: 'simple-array' })
  tags!: string[];
}

/** The values of the row before and after its one update. */
export const BEFORE = {
  label: 'before',
  euros: 12.34,
  big: '9007199254740993',
  amount: '10.50',
  day: '2024-02-29',
  time: '23:59:58.5',
  instant: new Date('2024-02-29T12:34:56.789Z'),
  document: { deep: [1, null, { a: 'b' }] },
  bytes: Buffer.from([0, 255, 7]),
  tags: ['a', 'b'],
} as const;

export const AFTER = {
  label: 'after',
  euros: 0.5,
  big: '-1',
  amount: '10.50',
  day: '2025-01-01',
  time: '00:00:00',
  instant: new Date('2025-01-01T00:00:00.000Z'),
  document: null,
  bytes: Buffer.from('new'),
  tags: ['c'],
} as const;
