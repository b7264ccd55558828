import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { DataSource, Logger } from 'typeorm';
import type { AttachOptions } from '../attach/options';
import type { ModelHooks } from '../model-hooks';
import { UsageError } from './usage-error';

/** What the file of an application exports. */
export interface Project {
  readonly dataSource: DataSource;
  /** The options of `attach`. */
  readonly options: AttachOptions;
  /** Defines further hooks. */
  readonly register: (hooks: ModelHooks) => unknown;
  /** Called by `model-hooks work` before it begins and after it has ended. */
  readonly onStart: (hooks: ModelHooks) => unknown;
  readonly onStop: (hooks: ModelHooks) => unknown;
}

interface Connecting {
  /** Whether code of the application runs here, which needs its subscribers and its logger. @defaultValue `false` */
  readonly isApplication?: boolean;
}

/** Runs `work` with the project of a file, whose DataSource is connected meanwhile. */
export async function withProject<T>(
  file: string,
  work: (project: Project) => Promise<T>,
  { isApplication = false }: Connecting = {},
): Promise<T> {
  const project = projectOf(file, await load(file));
  const { dataSource } = project;
  if (!dataSource.isInitialized) await (isApplication ? connect : connectSilently)(dataSource);
  try {
    return await work(project);
  } finally {
    await dataSource.destroy();
  }
}

type Exports = Readonly<Record<string, unknown>>;

function projectOf(file: string, exports: Exports): Project {
  const { modelHooks = {}, register = nothing, onStart = nothing, onStop = nothing } = exports;
  return {
    dataSource: dataSourceOf(file, exports),
    options: modelHooks as AttachOptions,
    register: register as Project['register'],
    onStart: onStart as Project['onStart'],
    onStop: onStop as Project['onStop'],
  };
}

function dataSourceOf(file: string, exports: Exports): DataSource {
  if (isDataSource(exports.default)) return exports.default;
  const named = Object.entries(exports).filter(([, value]) => isDataSource(value));
  const [first, ...others] = new Set(named.map(([, value]) => value as DataSource));
  if (!first) throw new UsageError(`${file} exports no DataSource.`);
  if (others.length === 0) return first;
  const names = named
    .map(([name]) => name)
    .sort()
    .join(', ');
  throw new UsageError(
    `${file} exports several DataSources: ${names}. Make one of them the default export.`,
  );
}

/** By its members: the application may have another copy of TypeORM. */
function isDataSource(value: unknown): value is DataSource {
  if (typeof value !== 'object' || value === null) return false;
  return 'isInitialized' in value && 'initialize' in value && 'options' in value;
}

/** A command must change nothing that it was not asked for. */
async function connect(dataSource: DataSource): Promise<void> {
  dataSource.setOptions({ synchronize: false, migrationsRun: false, dropSchema: false });
  await dataSource.initialize();
}

/** Nothing is printed beside the result. */
async function connectSilently(dataSource: DataSource): Promise<void> {
  dataSource.setOptions({ subscribers: [] });
  dataSource.logger = SILENT;
  await connect(dataSource);
}

const nothing = () => undefined;
const SILENT: Logger = {
  logQuery: nothing,
  logQueryError: nothing,
  logQuerySlow: nothing,
  logSchemaBuild: nothing,
  logMigration: nothing,
  log: nothing,
};

async function load(file: string): Promise<Exports> {
  const path = resolve(file);
  if (!existsSync(path)) throw new UsageError(`${file} does not exist.`);
  if (/\.[cm]?tsx?$/.test(path)) await registerTsx(file, path);
  const namespace: Exports = await import(pathToFileURL(path).href);
  return settled(flattened(namespace));
}

/** Node.js does not run TypeScript with decorators. */
async function registerTsx(file: string, path: string): Promise<void> {
  const tsx = tsxFor(file, path);
  const config = nearest('tsconfig.json', dirname(path));
  // Otherwise tsx takes that of the current folder.
  if (config !== undefined) process.env.TSX_TSCONFIG_PATH ??= config;
  await import(pathToFileURL(tsx).href);
}

/** The file of that name in this folder or the nearest one above. */
function nearest(name: string, folder: string): string | undefined {
  const path = join(folder, name);
  if (existsSync(path)) return path;
  const above = dirname(folder);
  return above === folder ? undefined : nearest(name, above);
}

function tsxFor(file: string, path: string): string {
  try {
    return createRequire(path).resolve('tsx');
  } catch {
    throw new Error(
      `${file} is TypeScript, and tsx is not installed beside it. Run: npm install --save-dev tsx. Or name a compiled file.`,
    );
  }
}

/** An ECMAScript module sees what a CommonJS file exports as members of its default export. */
function flattened(namespace: Exports): Exports {
  const { default: main } = namespace;
  const isBag = typeof main === 'object' && main !== null && !isDataSource(main);
  return isBag ? { ...namespace, ...main } : namespace;
}

/** A DataSource may be exported as a promise. */
async function settled(exports: Exports): Promise<Exports> {
  const entries = Object.entries(exports).map(async ([name, value]) => [
    name,
    value instanceof Promise ? await value : value,
  ]);
  return Object.fromEntries(await Promise.all(entries));
}
