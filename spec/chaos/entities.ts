import { Column, Entity, Generated, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';
import { ModelHook } from '../../lib';

export const COLOURS = ['red', 'green', 'blue', 'white'] as const;

/** The rows that workers write, change and remove. */
@Entity()
@ModelHook({ provides: ['mark', 'colour'] })
export class Parcel {
  @PrimaryGeneratedColumn()
  id!: number;

  /** Unique for each write: the name of the writer and the number of its write. */
  @Column({ type: 'varchar' })
  mark!: string;

  @Column({ type: 'varchar' })
  colour!: string;
}

/** The name of the event that is sent by hand. */
export const SHIPPED = 'order.shipped';

/**
 * One row for each event, written in the same transaction. Only the database knows which transactions committed: a process does not
 * know it if it was killed or if its COMMIT was not answered.
 */
@Entity()
export class LedgerEntry {
  @PrimaryColumn({ type: 'varchar' })
  mark!: string;

  @PrimaryColumn({ type: 'varchar' })
  event!: string;

  @Column({ type: 'varchar' })
  colour!: string;

  /** Null if the event is not about a parcel. */
  @Column({ type: 'int', nullable: true })
  parcelId!: number | null;

  /** Assigned while the parcel is locked, so it gives the order of commits among the entries of one parcel. */
  @Column({ type: 'int' })
  @Generated('increment')
  place!: number;
}

/** The name of the handler that writes a `HandledEntry` for each event. */
export const EXACTLY_ONCE = 'exactly once';

/** A row that a handler wrote in the transaction of its outcome. */
@Entity()
export class HandledEntry {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'uuid' })
  delivery!: string;

  @Column({ type: 'varchar' })
  event!: string;

  @Column({ type: 'varchar' })
  mark!: string;
}
