// The shop of the other examples, without TypeScript and decorators.
import { DataSource, EntitySchema } from 'typeorm';
import { ModelHook, ModelHooks, modelHookEntities, modelHookMigrations } from 'typeorm-model-hooks';

export const Order = new EntitySchema({
  name: 'Order',
  columns: {
    id: { type: 'int', primary: true, generated: true },
    product: { type: 'varchar' },
    quantity: { type: 'int' },
    purchasePrice: { type: 'int', default: 0 },
  },
});

// A decorator is a function. Each committed change of an order is sent, without the price at which we bought.
ModelHook({ name: 'order', provides: ['product', 'quantity'] })(Order);

/** @param {string} url */
export async function openShop(url) {
  const dataSource = await new DataSource({
    type: 'postgres',
    url,
    entities: [Order, ...modelHookEntities],
    migrations: modelHookMigrations,
    migrationsRun: true, // creates the tables of typeorm-model-hooks
    synchronize: true, // creates the table of orders, for this example
  }).initialize();
  const hooks = await ModelHooks.attach(dataSource, { delivery: { recipients: 'development' } });
  return { dataSource, hooks, orders: dataSource.getRepository(Order) };
}
