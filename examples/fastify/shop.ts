import 'reflect-metadata';
import { Column, DataSource, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { ModelHook, modelHookEntities, modelHookMigrations } from 'typeorm-model-hooks';

/** Each committed change of an order is sent to the partners, without the price at which we bought. */
@Entity()
@ModelHook({ name: 'order', provides: ['product', 'quantity'] })
export class Order {
  @PrimaryGeneratedColumn() id!: number;
  @Column('varchar') product!: string;
  @Column('int') quantity!: number;
  @Column('int', { default: 0 }) purchasePrice!: number;
}

export function shopDataSource(url: string): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    entities: [Order, ...modelHookEntities],
    migrations: modelHookMigrations,
    migrationsRun: true, // creates the tables of typeorm-model-hooks
    synchronize: true, // creates the table of orders, for this example
  });
}
