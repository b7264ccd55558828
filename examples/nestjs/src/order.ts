import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { ModelHook } from 'typeorm-model-hooks';

@Entity()
@ModelHook({ provides: ['id', 'product', 'quantity'] })
export class Order {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column('varchar')
  product!: string;

  @Column('int')
  quantity!: number;
}
