// @ts-nocheck Its packages are installed in a temporary folder; see main.mjs.
import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { compare, installAudit, mark } from './shop-audit.mjs';
import { operate } from './shop-operations.mjs';

const require = createRequire(`${process.cwd()}/package.json`);
const core = require('@vendure/core');
const { populate } = require('@vendure/core/cli');
const {
  ModelHook,
  ModelHooks,
  modelHookEntities,
  modelHookMigrations,
} = require('typeorm-model-hooks');

const [capture] = process.argv.slice(2);

const HOOKED = [
  'Product',
  'ProductTranslation',
  'ProductVariant',
  'ProductVariantTranslation',
  'ProductVariantPrice',
  'Collection',
  'CollectionTranslation',
  'FacetValue',
  'Customer',
  'Address',
  'Order',
  'OrderLine',
  'Payment',
  'Fulfillment',
  'StockLevel',
].map((name) => core[name]);

class Plugin {}
core.VendurePlugin({
  imports: [core.PluginCommonModule],
  entities: modelHookEntities,
  compatibility: '*',
})(Plugin);

class Assets {
  writeFileFromBuffer = async (name) => name;
  writeFileFromStream = async (name) => name;
  readFileToBuffer = async () => Buffer.alloc(0);
  deleteFile = async () => {};
  fileExists = async () => false;
}

const config = {
  apiOptions: { port: 0, adminApiPath: 'admin', shopApiPath: 'shop' },
  authOptions: {
    tokenMethod: ['bearer'],
    superadminCredentials: { identifier: 'a', password: 'b' },
    cookieOptions: { secret: 's' },
  },
  dbConnectionOptions: {
    type: 'postgres',
    url: process.env.DATABASE_URL,
    synchronize: true,
    migrations: [...modelHookMigrations],
    logging: false,
  },
  paymentOptions: { paymentMethodHandlers: [core.dummyPaymentHandler] },
  assetOptions: {
    assetStorageStrategy: new Assets(),
    assetPreviewStrategy: { generatePreviewImage: async () => Buffer.alloc(0) },
  },
  importExportOptions: {
    importAssetsDir: `${process.cwd()}/node_modules/@vendure/create/assets/images`,
  },
  logger: new core.NoopLogger(),
  plugins: [Plugin],
};

const warnings = new Map();
const count = (message) => {
  const text = message.replace(/\d+/g, 'N');
  warnings.set(text, (warnings.get(text) ?? 0) + 1);
};
const logger = { debug() {}, info() {}, warn: count, error: count };

async function start() {
  const app = await core.bootstrap(config);
  const dataSource = app.get(core.TransactionalConnection).rawConnection;
  await dataSource.runMigrations();
  for (const entity of HOOKED) {
    const metadata = dataSource.getMetadata(entity);
    ModelHook({ provides: pathsOf(metadata) })(entity);
  }
  await installAudit(dataSource, HOOKED);
  if (capture !== 'plain')
    await ModelHooks.attach(dataSource, {
      work: false,
      logger,
      encryptionKeys: { k: 'a-key-for-specs-of-32-characters' },
      ...(capture === 'triggers' && { capture, installTriggers: true }),
    });
  return app;
}

/** Each column: foreign keys as the ids of their relations. */
function pathsOf(metadata) {
  const paths = metadata.columns.map((column) =>
    column.relationMetadata && column.referencedColumn
      ? `${column.relationMetadata.propertyPath}.${column.referencedColumn.propertyPath}`
      : column.propertyPath,
  );
  return [...new Set(paths)];
}

const data = `${process.cwd()}/node_modules/@vendure/create/assets`;
const startedAt = Date.now();
const app = await populate(
  start,
  JSON.parse(readFileSync(`${data}/initial-data.json`, 'utf8')),
  `${data}/products.csv`,
);
const dataSource = app.get(core.TransactionalConnection).rawConnection;
const populateMs = Date.now() - startedAt;
let isRight = await report('populate()', { change: 0, event: 0 });
const since = await mark(dataSource);
const failed = await operate(app, dataSource);
isRight = (await report('33 operations', since)) && isRight && failed.length === 0;
console.log(JSON.stringify({ capture, populateMs, failed, warnings: [...warnings] }));
await app.close();
process.exit(isRight ? 0 : 1);

/** Prints what was found since a mark. True if each change has its event. */
async function report(name, since) {
  if (capture === 'plain') return true;
  const found = await compare(dataSource, { entities: HOOKED, since, capture });
  const { wrong, ...numbers } = found;
  console.log(
    `${name}, ${capture}: ${JSON.stringify(numbers)}, rows that are wrong: ${wrong.length}`,
  );
  for (const row of wrong.slice(0, 20)) console.log('  ', JSON.stringify(row));
  return wrong.length === 0;
}
