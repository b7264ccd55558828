import 'reflect-metadata';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { ModelHook } from 'typeorm-model-hooks';

/** A row of ordinary size. The entities below differ only in their hooks. */
export abstract class Customer {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;

  @Column({ type: 'varchar' })
  email!: string;

  @Column({ type: 'varchar', nullable: true })
  city!: string | null;

  @Column({ type: 'int' })
  points!: number;

  @Column({ type: 'boolean' })
  active!: boolean;

  @Column({ type: 'timestamptz' })
  joinedAt!: Date;

  @Column({ type: 'varchar' })
  passwordHash!: string;
}

const PROVIDES = ['name', 'email', 'city', 'points', 'active', 'joinedAt'] as const;

@Entity()
export class PlainCustomer extends Customer {}

@Entity()
@ModelHook({ provides: [...PROVIDES] })
export class HookedCustomer extends Customer {}

@Entity()
@ModelHook({ provides: [...PROVIDES], exactPrevious: true })
export class ExactCustomer extends Customer {}

export type CustomerClass = new () => Customer;

/** The values of row number `n`. Its body has about 150 bytes. */
export function customer(type: CustomerClass, n: number): Customer {
  return Object.assign(new type(), {
    name: `Customer ${n}`,
    email: `customer-${n}@example.com`,
    city: 'Ljubljana',
    points: n % 1_000,
    active: true,
    joinedAt: new Date(1_700_000_000_000 + n),
    passwordHash: 'not provided, so never sent',
  });
}

export function customers(type: CustomerClass, count: number): Customer[] {
  return Array.from({ length: count }, (_, n) => customer(type, n));
}
