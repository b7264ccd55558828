import 'reflect-metadata';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { ModelHook } from 'typeorm-model-hooks';

/** The entity of the stored listeners. */
@Entity()
@ModelHook({ provides: ['account', 'name', 'note', 'amount'] })
export class Payment {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  account!: string;

  @Column({ type: 'varchar' })
  name!: string;

  @Column({ type: 'text' })
  note!: string;

  @Column({ type: 'int' })
  amount!: number;
}

/** The provided values of a payment. */
export type PaymentValues = Pick<Payment, 'account' | 'name' | 'note' | 'amount'>;
