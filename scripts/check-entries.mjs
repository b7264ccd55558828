import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run } from './packed.mjs';

const { name, version, exports, peerDependenciesMeta } = JSON.parse(
  readFileSync(join(ROOT, 'package.json'), 'utf8'),
);
/** They need no optional peer. Any other entry may need one. */
const ALONE = new Set(['.', './receiver', './testing', './package.json']);
/** They are for applications that only receive, so they load where TypeORM and pg are missing. */
const RECEIVERS = ['./receiver', './nestjs/receiver'];
/** Folders of node_modules that hold the optional peers. */
const PEER_FOLDERS = new Set(
  Object.keys(peerDependenciesMeta).map((peer) => peer.replace(/\/.*/, '')),
);

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
 * with Node's error that names the peer. With the optional peers each entry must load, and those for receivers without
 * TypeORM too.
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
  const paths = Object.keys(exports);
  const printed = run('npx', ['--no-install', 'model-hooks', '--version'], { cwd }).trim();
  const stale = printed === version ? [] : [`model-hooks --version prints ${printed}.`];
  const alone = load(cwd, paths, 'alone').flatMap(problemsAlone);
  for (const folder of PEER_FOLDERS) link(cwd, folder);
  const beside = load(cwd, paths, 'beside its peers').flatMap(problems);
  for (const peer of ['typeorm', 'pg'])
    rmSync(join(cwd, 'node_modules', peer), { recursive: true });
  const receivers = load(cwd, RECEIVERS, 'without TypeORM').flatMap(problems);
  return [...stale, ...alone, ...beside, ...receivers];
}

/**
 * @param {string} cwd
 * @param {readonly string[]} paths
 * @param {string} where for the log
 * @returns {readonly Loaded[]}
 */
function load(cwd, paths, where) {
  const entries = paths.map((path) => name + path.slice(1));
  /** @type {readonly Loaded[]} */
  const loaded = JSON.parse(run(process.execPath, ['load.cjs', ...entries], { cwd }));
  for (const { how, entry, message } of loaded)
    console.log(`${how} ${entry} ${where}: ${message.split('\n')[0] || 'loads'}`);
  return loaded;
}

/**
 * Puts a folder of our own node_modules beside the installed package.
 *
 * @param {string} cwd
 * @param {string} folder
 */
function link(cwd, folder) {
  const path = join(cwd, 'node_modules', folder);
  if (!existsSync(path)) symlinkSync(join(ROOT, 'node_modules', folder), path);
}

/** @param {Loaded} loaded */
function problemsAlone({ entry, how, code, message }) {
  if (code === null && message === '') return [];
  const isMissing = code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND';
  const missing = /Cannot find (?:module|package) '((?:@[^/']+\/)?[^/']+)/.exec(message)?.[1] ?? '';
  const isOptional = peerDependenciesMeta[missing]?.optional === true;
  if (!ALONE.has(`.${entry.slice(name.length)}`) && isMissing && isOptional) return [];
  return problems({ entry, how, code, message });
}

/** @param {Loaded} loaded */
function problems({ entry, how, code, message }) {
  return code === null && message === '' ? [] : [`${how} of ${entry} fails: ${message}`];
}
