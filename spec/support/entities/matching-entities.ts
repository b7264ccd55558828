import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { ModelHook } from '../../../lib';
import type { ColumnTypes } from '../oracle/oracle';

/** Has a column of each type. */
@Entity()
@ModelHook({
  provides: '*',
  sender: 'tenant',
  compute: { made: (row: Everything) => row.doc },
})
export class Everything {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar', nullable: true })
  tenant!: string | null;

  @Column({ type: 'varchar', nullable: true })
  text!: string | null;

  @Column({ type: 'int', nullable: true })
  whole!: number | null;

  @Column({ type: 'float8', nullable: true })
  real!: number | null;

  @Column({ type: 'bigint', nullable: true })
  big!: string | null;

  @Column({ type: 'numeric', nullable: true })
  exact!: string | null;

  @Column({ type: 'boolean', nullable: true })
  flag!: boolean | null;

  @Column({ type: 'timestamptz', nullable: true })
  at!: Date | null;

  @Column({ type: 'date', nullable: true })
  day!: string | null;

  @Column({ type: 'time', nullable: true })
  hour!: string | null;

  @Column({ type: 'jsonb', nullable: true })
  doc!: unknown;

  @Column({ type: 'text', array: true, nullable: true })
  tags!: readonly string[] | null;
}

/** Has fields of the same names with other types. */
@Entity()
@ModelHook({ provides: '*', sender: 'tenant', compute: { flag: (row: Other) => row.doc } })
export class Other {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar', nullable: true })
  tenant!: string | null;

  @Column({ type: 'int', nullable: true })
  text!: number | null;

  @Column({ type: 'float8', nullable: true })
  whole!: number | null;

  @Column({ type: 'numeric', nullable: true })
  big!: string | null;

  @Column({ type: 'bigint', nullable: true })
  exact!: string | null;

  @Column({ type: 'int', nullable: true })
  day!: number | null;

  @Column({ type: 'varchar', nullable: true })
  doc!: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  at!: Date | null;
}

/** A defined hook without an entity. */
export const SIGNAL = 'signal.sent';

export const TYPES = {
  everything: {
    tenant: 'varchar',
    text: 'varchar',
    whole: 'int',
    real: 'float8',
    big: 'bigint',
    exact: 'numeric',
    flag: 'boolean',
    at: 'timestamptz',
    day: 'date',
    hour: 'time',
    doc: 'jsonb',
    tags: 'text[]',
    made: 'computed',
  },
  other: {
    tenant: 'varchar',
    text: 'int',
    whole: 'float8',
    big: 'numeric',
    exact: 'bigint',
    day: 'int',
    doc: 'varchar',
    at: 'timestamptz',
    flag: 'computed',
  },
  [SIGNAL]: { text: 'computed', whole: 'computed', doc: 'computed', when: 'computed' },
} as const satisfies ColumnTypes;
