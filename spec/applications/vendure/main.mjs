// node scripts/with-postgres.mjs -- node spec/applications/vendure/main.mjs
//
// Runs a shop of Vendure with 15 of its entities hooked: populate(), and 33 operations of its services. Audit triggers say which rows
// changed; each change must have its event, by both captures. Vendure is installed in a temporary folder, with this package as it is
// packed, so run `npm run build` first. Not part of `npm test`: the installation takes minutes and needs the network.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

const VERSION = '3.7.3';
/** That of this Vendure, so that npm does not install a newer one for us. */
const TYPEORM = '0.3.31';
const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = join(HERE, '../../..');
const FILES = ['shop.mjs', 'shop-audit.mjs', 'shop-operations.mjs'];

const folder = mkdtempSync(join(tmpdir(), 'model-hooks-vendure-'));
try {
  install();
  for (const capture of ['plain', 'subscribers', 'triggers']) await run(capture);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function install() {
  const options = { cwd: ROOT, encoding: /** @type {const} */ ('utf8') };
  const packed = execFileSync(
    'npm',
    ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder],
    options,
  ).trim();
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const packages = [
    `@vendure/core@${VERSION}`,
    `@vendure/create@${VERSION}`,
    `typeorm@${TYPEORM}`,
    'pg@8',
    `./${packed}`,
  ];
  execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...packages], {
    cwd: folder,
    stdio: 'inherit',
  });
  for (const file of FILES) copyFileSync(join(HERE, file), join(folder, file));
}

/** @param {string} capture */
async function run(capture) {
  const url = new URL(process.env.DATABASE_URL ?? '');
  const name = `${url.pathname.slice(1, 41)}_${capture}`;
  await onServer(`CREATE DATABASE "${name}"`);
  url.pathname = `/${name}`;
  try {
    execFileSync(process.execPath, ['shop.mjs', capture], {
      cwd: folder,
      stdio: 'inherit',
      env: { ...process.env, DATABASE_URL: url.href },
    });
  } finally {
    await onServer(`DROP DATABASE "${name}" WITH (FORCE)`);
  }
}

/** @param {string} statement */
async function onServer(statement) {
  const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
  await client.connect();
  await client.query(statement);
  await client.end();
}
