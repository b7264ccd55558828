// Runs `npm test` of each folder of examples/ that has a package.json, against the packed package, in a folder outside
// the repository. `npm run examples` brings a PostgreSQL. Names of examples as arguments run only these.
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inScratch, packed, ROOT, run } from './packed.mjs';

const PACKAGE = 'typeorm-model-hooks';
const EXAMPLES = join(ROOT, 'examples');

const asked = process.argv.slice(2);
const names = readdirSync(EXAMPLES)
  .filter((name) => existsSync(join(EXAMPLES, name, 'package.json')))
  .filter((name) => asked.length === 0 || asked.includes(name));

const failed = inScratch('examples', (scratch) => {
  install(scratch);
  return names.filter((name) => !passes(name, join(scratch, name)));
});
console.log(`examples: ${names.length - failed.length} passed, ${failed.length} failed`);
if (failed.length > 0 || names.length === 0) process.exitCode = 1;

/**
 * One installation serves all examples, because examples/package.json makes them workspaces.
 *
 * @param {string} scratch
 */
function install(scratch) {
  const isSource = (/** @type {string} */ path) => !/[\\/](node_modules|dist)$/.test(path);
  cpSync(EXAMPLES, scratch, { recursive: true, filter: isSource });
  const tarball = packed(scratch);
  for (const name of names) dependOn(tarball, join(scratch, name, 'package.json'));
  run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund'], { cwd: scratch });
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  run(process.execPath, [tsc, '-p', 'tsconfig.json'], { cwd: scratch });
}

/**
 * @param {string} tarball
 * @param {string} path of a package.json
 */
function dependOn(tarball, path) {
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  if (!manifest.dependencies?.[PACKAGE]) throw new Error(`${path} does not depend on ${PACKAGE}.`);
  manifest.dependencies[PACKAGE] = `file:${tarball}`;
  writeFileSync(path, JSON.stringify(manifest, null, 2));
}

/**
 * @param {string} name
 * @param {string} cwd
 */
function passes(name, cwd) {
  const startMs = performance.now();
  try {
    run('npm', ['test'], { cwd });
    console.log(`✓ ${name} (${((performance.now() - startMs) / 1_000).toFixed(1)} s)`);
    return true;
  } catch (error) {
    console.error(`✗ ${name}\n${error instanceof Error ? error.message : error}`);
    return false;
  }
}
