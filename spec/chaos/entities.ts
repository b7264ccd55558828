import { Column, Entity, Generated, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';
import { ModelHook } from '../../lib';

export const COLOURS = ['red', 'green', 'blue', 'white'] as const;

/** What is written, changed and removed. */
@Entity()
@ModelHook({ provides: ['mark', 'colour'] })
export class Parcel {
  @PrimaryGeneratedColumn()
  id!: number;

  /** Another one with every write: who wrote, and which write of his it was. */
  @Column({ type: 'varchar' })
  mark!: string;

  @Column({ type: 'varchar' })
  colour!: string;
}

/** An event that is not an entity's. */
export const SHIPPED = 'order.shipped';

/**
 * One row an event, written in the same transaction: which of them committed, the database alone knows. A process that was killed, or
 * whose COMMIT was not answered, does not.
 */
@Entity()
export class LedgerEntry {
  @PrimaryColumn({ type: 'varchar' })
  mark!: string;

  @PrimaryColumn({ type: 'varchar' })
  event!: string;

  @Column({ type: 'varchar' })
  colour!: string;

  /** Drawn while the parcel is locked: among the entries of one parcel, the order of their commits. */
  @Column({ type: 'int' })
  @Generated('increment')
  place!: number;
}
