// node scripts/with-postgres.mjs -- node spec/applications/typeorm-suite/main.mjs [capture] [part …]
//
// Runs TypeORM's own tests for PostgreSQL twice at a time: as they are, and with each entity of each DataSource hooked, by one capture
// (`subscribers`, or `triggers`). It prints the tests that pass without us and fail with us, and the rows whose events differ from what
// audit triggers saw. Parts are beginnings of the names in `parts.mjs`; without any, all are run. TypeORM is cloned into a temporary folder
// and compiled there, with this package as it is packed, so run `npm run build` first. `TYPEORM_REPOSITORY` and `TYPEORM_REVISION` name
// another place to clone from. Not part of `npm test`: it takes half an hour and needs the network.
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { partsOf } from './parts.mjs';
import { report } from './report.mjs';

const REPOSITORY = process.env.TYPEORM_REPOSITORY ?? 'https://github.com/typeorm/typeorm';
const REVISION = process.env.TYPEORM_REVISION ?? '1.1.1';
const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = join(HERE, '../../..');
const FILES = ['preload.mjs', 'hooked.mjs', 'raw-statements.mjs', 'audit.mjs', 'compare.mjs'];
/** What the tests for PostgreSQL load, apart from what TypeORM itself depends on. */
const NEEDED =
  /^(@tsconfig\/node20|@types\/.+|chai|chai-as-promised|class-transformer|mocha|mongodb|pg|pg-query-stream|sinon|sinon-chai|source-map-support|sql\.js|ts-node|typescript)$/;

const [capture = 'subscribers', ...names] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'model-hooks-typeorm-suite-'));
const compiled = join(folder, 'compiled');
try {
  prepare();
  await Promise.all(['plain', capture].map(run));
  process.exitCode = report(folder, capture) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function prepare() {
  const clone = ['clone', '--quiet', '--depth', '1', '--branch', REVISION, REPOSITORY, compiled];
  execFileSync('git', clone, { stdio: 'inherit' });
  install();
  // Without the checks of types, the same code is emitted in a fraction of the time.
  spawnSync('npx', ['tsc', '--noCheck', '--declaration', 'false'], {
    cwd: compiled,
    stdio: 'inherit',
  });
  for (const file of FILES) copyFileSync(join(HERE, file), join(compiled, file));
}

/** Installs what the tests need, and this package. */
function install() {
  const path = join(compiled, 'package.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  const { name, version } = manifest;
  writeFileSync(
    join(compiled, 'typeorm.json'),
    JSON.stringify({ name, version, main: 'index.js' }),
  );
  const needed = Object.entries(manifest.devDependencies).filter(([name]) => NEEDED.test(name));
  const dependencies = { ...manifest.dependencies, ...Object.fromEntries(needed) };
  writeFileSync(path, JSON.stringify({ private: true, dependencies }));
  const pack = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder];
  const packed = execFileSync('npm', pack, { cwd: ROOT, encoding: 'utf8' }).trim();
  const options = ['--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund'];
  execFileSync('npm', ['install', ...options, join(folder, packed)], {
    cwd: compiled,
    stdio: 'inherit',
  });
}

/** @param {string} mode */
async function run(mode) {
  const url = new URL(process.env.DATABASE_URL ?? '');
  const name = `${url.pathname.slice(1, 41)}_${mode}`;
  await onServer(`CREATE DATABASE "${name}"`);
  // Each test creates its tables again.
  for (const setting of ['synchronous_commit', 'jit'])
    await onServer(`ALTER DATABASE "${name}" SET ${setting} = off`);
  url.pathname = `/${name}`;
  const place = placeOf(mode, url);
  try {
    for (const [part, files] of partsOf(place, names)) {
      const startedAt = Date.now();
      await mocha(place, files, { mode, part });
      console.log(`${mode}: ${part}, ${Math.round((Date.now() - startedAt) / 1000)} s`);
    }
  } finally {
    await onServer(`DROP DATABASE "${name}" WITH (FORCE)`);
  }
}

/**
 * A folder with a copy of all, because some tests write files.
 *
 * @param {string} mode
 * @param {URL} url
 */
function placeOf(mode, url) {
  const place = join(folder, mode);
  cpSync(compiled, place, { recursive: true });
  // The tests and this package must load the same TypeORM: that which was compiled.
  symlinkSync(join(place, 'build/compiled/src'), join(place, 'node_modules/typeorm'));
  writeFileSync(join(place, 'ormconfig.json'), JSON.stringify([connection(url)]));
  return place;
}

/** @param {URL} url */
function connection({ hostname, port, username, password, pathname }) {
  return {
    type: 'postgres',
    host: hostname,
    port: Number(port || 5432),
    username: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: pathname.slice(1),
    logging: false,
  };
}

/**
 * @param {string} place
 * @param {readonly string[]} files
 * @param {{ readonly mode: string, readonly part: string }} options
 */
async function mocha(place, files, { mode, part }) {
  const result = join(folder, `${mode}-${part}`);
  const options = [
    ...['--no-config', '--exit', '--timeout', '90000', '--check-leaks'],
    ...['--global', 'allowedDriverRequire', '--require', './preload.mjs'],
    ...['--file', 'build/compiled/test/utils/test-setup.js'],
    ...['--reporter', 'json', '--reporter-option', `output=${result}.json`],
  ];
  // A test of a command overwrites the manifest that the package reads the version of TypeORM from.
  copyFileSync(join(place, 'typeorm.json'), join(place, 'build/compiled/src/package.json'));
  // It rejects if a test fails.
  const ended = await promisify(execFile)('npx', ['mocha', ...options, ...files], {
    cwd: place,
    maxBuffer: 2 ** 28,
    env: { ...process.env, SUITE_CAPTURE: mode, SUITE_CHANGES: `${result}.changes.jsonl` },
  }).catch((error) => error);
  // A process that ended early has written no report.
  if (!existsSync(`${result}.json`)) console.error(`${mode}-${part} did not end: ${ended.stderr}`);
}

/** @param {string} statement */
async function onServer(statement) {
  const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
  await client.connect();
  await client.query(statement);
  await client.end();
}
