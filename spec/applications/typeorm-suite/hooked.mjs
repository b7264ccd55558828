// @ts-nocheck It runs in a temporary folder; see main.mjs.
import { createRequire } from 'node:module';
import { observerOf } from './audit.mjs';

const require = createRequire(`${process.cwd()}/package.json`);
const { DataSource } = require('typeorm');
const { importClassesFromDirectories } = require('typeorm/util/DirectoryExportedClassesLoader');
const { ModelHook, ModelHooks, modelHookEntities } = require('typeorm-model-hooks');

/** What was logged, and how often. Numbers are replaced, so that equal warnings are counted together. */
export const warnings = new Map();

/** Hooks each entity of each DataSource that is initialised from now on. `beforeDrop` is called before tables are dropped. */
export function hookEverything(capture, beforeDrop) {
  const { initialize, synchronize, dropDatabase, destroy } = DataSource.prototype;
  DataSource.prototype.initialize = async function () {
    // It is undefined for another database, and for a server that does not answer.
    const observer = await observerOf(this);
    if (!observer) return initialize.call(this);
    addOurEntities(this);
    await initialize.call(this);
    await observer.prepare(this);
    await attach(this, observer, capture);
    return this;
  };
  const rebuilding = (rebuild) =>
    async function (...args) {
      const observer = await observerOf(this);
      if (observer) await beforeDrop();
      await rebuild.apply(this, args);
      await observer?.prepare(this);
    };
  DataSource.prototype.synchronize = rebuilding(synchronize);
  DataSource.prototype.dropDatabase = rebuilding(dropDatabase);
  DataSource.prototype.destroy = async function () {
    const observer = this.isInitialized ? await observerOf(this) : undefined;
    if (observer) await beforeDrop();
    observer?.forget(this);
    await destroy.call(this);
  };
}

function addOurEntities(dataSource) {
  const entities = Object.values(dataSource.options.entities ?? {});
  if (!entities.includes(modelHookEntities[0]))
    dataSource.setOptions({ entities: [...entities, ...modelHookEntities] });
}

const attached = new WeakSet();

async function attach(dataSource, observer, capture) {
  const schemas = await schemasOf(dataSource);
  for (const metadata of dataSource.entityMetadatas)
    declare(dataSource, metadata, { observer, schemas });
  // The package attaches again to a DataSource that is initialised again.
  if (attached.has(dataSource)) return;
  try {
    await ModelHooks.attach(dataSource, {
      work: false,
      logger,
      encryptionKeys: { k: 'a-key-for-specs-of-32-characters' },
      ...(capture === 'triggers' && { capture, installTriggers: true }),
    });
    attached.add(dataSource);
  } catch (error) {
    logger.error(`attach: ${error.stack}`);
  }
}

const names = new Map();

function declare(dataSource, metadata, { observer, schemas }) {
  if (!['regular', 'entity-child'].includes(metadata.tableType)) return;
  if (metadata.name.startsWith('ModelHook')) return;
  const target = targetOf(metadata, schemas);
  if (!target) return logger.warn(`no class or schema: ${metadata.name}`);
  if (!names.has(target)) {
    const name = `${metadata.name}-${names.size}`;
    names.set(target, name);
    ModelHook({ name, provides: pathsOf(metadata) })(target);
  }
  observer.watch(dataSource, names.get(target), metadata);
}

/** The schemas among its entities, also those that globs name. */
async function schemasOf({ options, logger: own }) {
  const entities = Object.values(options.entities);
  const globs = entities.filter((entity) => typeof entity === 'string');
  return [...entities, ...(await importClassesFromDirectories(own, globs))].filter(
    (entity) => typeof entity === 'object',
  );
}

function targetOf({ target, tableMetadataArgs }, schemas) {
  if (typeof target === 'function') return target;
  return schemas.find(
    ({ options }) => options?.name === target && options.tableName === tableMetadataArgs.name,
  );
}

/** Each column: foreign keys without a property of their own as the ids of their relations. */
function pathsOf({ columns }) {
  const paths = columns
    .filter(({ isVirtualProperty }) => !isVirtualProperty)
    .map(({ isVirtual, relationMetadata: relation, referencedColumn: referenced, propertyPath }) =>
      isVirtual && relation && referenced
        ? `${relation.propertyPath}.${referenced.propertyPath}`
        : propertyPath,
    );
  return [...new Set(paths)];
}

const count = (message) => {
  const text = String(message).replace(/\d+/g, 'N');
  const known = warnings.get(text) ?? { count: 0, first: String(message) };
  warnings.set(text, { ...known, count: known.count + 1 });
};
const logger = { debug() {}, info() {}, warn: count, error: count };
