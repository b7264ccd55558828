// Imports products in one transaction, and ends when each partner has been sent what changed.
import 'reflect-metadata';
import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm';
import { ModelHook, ModelHooks, modelHookEntities, modelHookMigrations } from 'typeorm-model-hooks';

@Entity()
@ModelHook({ name: 'product', provides: ['sku', 'price'] })
class Product {
  @PrimaryColumn('varchar') sku!: string;
  @Column('int') price!: number;
}

const PRODUCTS = [
  { sku: 'tea', price: 350 },
  { sku: 'coffee', price: 420 },
];

const { DATABASE_URL, WEBHOOK_URL, WEBHOOK_SECRET } = process.env;
if (!WEBHOOK_URL || !WEBHOOK_SECRET) throw new Error('Set WEBHOOK_URL and WEBHOOK_SECRET.');

const dataSource = await new DataSource({
  type: 'postgres',
  url: DATABASE_URL,
  entities: [Product, ...modelHookEntities],
  migrations: modelHookMigrations,
  migrationsRun: true, // creates the tables of typeorm-model-hooks
  synchronize: true, // creates the table of products, for this example
}).initialize();
try {
  const hooks = await ModelHooks.attach(dataSource, { delivery: { recipients: 'development' } });
  const partner = { url: WEBHOOK_URL, secret: WEBHOOK_SECRET };
  await hooks.for(Product).listener(partner).save(); // running it again changes nothing
  await dataSource.transaction((manager) => manager.save(Product, PRODUCTS));
  await hooks.idle(); // waits until everything is sent
} finally {
  await dataSource.destroy();
}
