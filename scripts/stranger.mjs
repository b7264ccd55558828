// The first minutes of somebody new: in an empty folder, with the install line of a page, each program of
// examples/first-delivery/ must print its first verified delivery. `npm run stranger` brings a PostgreSQL.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inScratch, packed, ROOT, run } from './packed.mjs';

const PACKAGE = 'typeorm-model-hooks';
/** `page` has the line that installs what the program needs; `lines` is how long the program may be. */
const PROGRAMS = [
  { file: 'script.mts', page: 'README.md', lines: 25 },
  { file: 'nest.ts', page: 'docs/nestjs.md', lines: 30 },
];
const PRINTED = /^person\.created \{"name":"Joe"\}$/m;
/** As docs/getting-started.md says. */
const TSCONFIG = { compilerOptions: { experimentalDecorators: true } };
const TIMEOUT_MS = 60_000;

inScratch('stranger', (scratch) => {
  const tarball = packed(scratch);
  for (const program of PROGRAMS) tryOut(program, tarball, join(scratch, program.file));
});

/** @typedef {typeof PROGRAMS[number]} Program */

/** @param {Program} program */
function sourceOf({ file }) {
  return join(ROOT, 'examples/first-delivery', file);
}

/**
 * @param {Program} program
 * @param {string} tarball
 * @param {string} cwd
 */
function tryOut(program, tarball, cwd) {
  checkLength(program);
  mkdirSync(cwd);
  run('npm', ['init', '-y'], { cwd });
  run('npm', [...installArguments(program, tarball), 'tsx', '--prefer-offline'], { cwd });
  writeFileSync(join(cwd, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  cpSync(sourceOf(program), join(cwd, program.file));
  const printed = run('npx', ['tsx', program.file], { cwd, timeoutMs: TIMEOUT_MS });
  if (!PRINTED.test(printed)) throw new Error(`${program.file} printed:\n${printed}`);
  console.log(`✓ ${program.file}: ${PRINTED.exec(printed)}`);
}

/** @param {Program} program */
function checkLength(program) {
  const { length } = readFileSync(sourceOf(program), 'utf8').trimEnd().split('\n');
  if (length > program.lines)
    throw new Error(`${program.file} has ${length} lines; at most ${program.lines} are promised.`);
}

/**
 * The arguments of the first `npm install typeorm-model-hooks …` of the page, with the tarball in the place of the name.
 *
 * @param {Program} program
 * @param {string} tarball
 */
function installArguments({ page }, tarball) {
  const line = new RegExp(`^npm (install ${PACKAGE}(?: .*)?)$`, 'm');
  const found = line.exec(readFileSync(join(ROOT, page), 'utf8'))?.[1];
  if (found === undefined) throw new Error(`${page} has no line "npm install ${PACKAGE} …".`);
  return found.split(' ').map((word) => (word === PACKAGE ? tarball : word));
}
