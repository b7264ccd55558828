import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { ModelHook } from '../../../lib';

/** The writes of one stock in one transaction make one event. */
@Entity()
@ModelHook({ provides: ['name'], coalesce: 'transaction' })
export class Stock {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;
}

export function stock(name: string): Stock {
  return Object.assign(new Stock(), { name });
}
