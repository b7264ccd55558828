import { ModelHooks } from 'typeorm-model-hooks';
import { shopApp } from './app.js';
import { shopDataSource } from './shop.js';

const { DATABASE_URL = 'postgres://postgres@localhost/postgres', PORT = '3000' } = process.env;

const dataSource = await shopDataSource(DATABASE_URL).initialize();
const app = shopApp(dataSource, await ModelHooks.attach(dataSource));
await app.listen({ port: Number(PORT) });

process.once('SIGTERM', () => app.close());
