import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { ModelHook } from '../../../lib';

abstract class Ticket {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;

  @Column({ type: 'varchar', default: 'open' })
  status!: string;

  @Column({ type: 'varchar', default: '' })
  code!: string;
}

/** The class as the older of two releases declares it. */
@Entity({ name: 'ticket' })
@ModelHook({ name: 'ticket', provides: ['name'] })
export class OldTicket extends Ticket {}

/** The class as the newer release declares it: with a further column, and a computed field. */
@Entity({ name: 'ticket' })
@ModelHook({
  name: 'ticket',
  provides: ['name', 'status'],
  compute: { shout: (row: NewTicket) => row.status.toUpperCase() },
})
export class NewTicket extends Ticket {}

const unreadable = {
  to: (value: string) => value,
  from: (value: string | null) => {
    if (value?.startsWith('new:')) throw new TypeError('This release does not know the notation.');
    return value;
  },
};

/** A release that cannot read a notation of `code`. */
@Entity({ name: 'coded' })
@ModelHook({ name: 'coded', provides: ['code'] })
export class OldCoded {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar', transformer: unreadable })
  code!: string;
}

/** The release that writes that notation. */
@Entity({ name: 'coded' })
@ModelHook({ name: 'coded', provides: ['code'] })
export class NewCoded {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  code!: string;
}
