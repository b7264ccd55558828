import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run } from './packed.mjs';

const { name, version, exports, peerDependenciesMeta } = JSON.parse(
  readFileSync(join(ROOT, 'package.json'), 'utf8'),
);
/** They need no optional peer. Any other entry may need one. */
const ALONE = new Set(['.', './receiver', './package.json']);

/** Prints, for each entry, whether `require` and `import` load it, or why not. */
const PROGRAM = `
const loaders = {
  require: async (entry) => require(entry),
  import: (entry) => entry.endsWith('.json') ? import(entry, { with: { type: 'json' } }) : import(entry),
};
(async () => {
  const results = [];
  for (const entry of process.argv.slice(2))
    for (const [how, load] of Object.entries(loaders))
      results.push(await load(entry).then(
        () => ({ entry, how, code: null, message: '' }),
        ({ code, message }) => ({ entry, how, code, message }),
      ));
  console.log(JSON.stringify(results));
})();`;

/** @typedef {{ entry: string, how: string, code: string | null, message: string }} Loaded */

/**
 * Installs the tarball with its required peers only, and loads each entry. An entry that needs an optional peer must fail
 * with Node's error that names the peer.
 *
 * @param {string} tarball
 * @param {string} scratch
 * @returns {readonly string[]} what is wrong
 */
export function checkEntries(tarball, scratch) {
  const cwd = join(scratch, 'installed');
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'package.json'), '{ "private": true }');
  const flags = ['--prefer-offline', '--no-audit', '--no-fund'];
  run('npm', ['install', ...flags, tarball], { cwd });
  writeFileSync(join(cwd, 'load.cjs'), PROGRAM);
  const entries = Object.keys(exports).map((path) => name + path.slice(1));
  /** @type {readonly Loaded[]} */
  const loaded = JSON.parse(run(process.execPath, ['load.cjs', ...entries], { cwd }));
  for (const one of loaded)
    console.log(`${one.how} ${one.entry}: ${one.message.split('\n')[0] || 'loads'}`);
  const printed = run('npx', ['--no-install', 'model-hooks', '--version'], { cwd }).trim();
  const stale = printed === version ? [] : [`model-hooks --version prints ${printed}.`];
  return [...loaded.flatMap(problemsOf), ...stale];
}

/** @param {Loaded} loaded */
function problemsOf({ entry, how, code, message }) {
  if (code === null && message === '') return [];
  const isMissing = code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND';
  const missing = /Cannot find (?:module|package) '((?:@[^/']+\/)?[^/']+)/.exec(message)?.[1] ?? '';
  const isOptional = peerDependenciesMeta[missing]?.optional === true;
  if (!ALONE.has(`.${entry.slice(name.length)}`) && isMissing && isOptional) return [];
  return [`${how} of ${entry} fails: ${message}`];
}
