import { ModelHooks } from 'typeorm-model-hooks';
import { shopApp } from './app.js';
import { shopDataSource } from './shop.js';

const { DATABASE_URL = 'postgres://postgres@localhost/postgres', PORT = '3000' } = process.env;

const dataSource = await shopDataSource(DATABASE_URL).initialize();
const hooks = await ModelHooks.attach(dataSource);
const server = shopApp(dataSource, hooks).listen(Number(PORT));

process.once('SIGTERM', () => {
  // Requests to partners that are in flight are finished before the pool ends.
  server.close(() => dataSource.destroy());
});
