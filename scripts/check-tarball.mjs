// Checks that the tarball of what is built holds what is meant to be published and nothing else, that its types resolve
// (attw), and that each of its entries loads.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { checkEntries } from './check-entries.mjs';
import { inScratch, packed, ROOT, run } from './packed.mjs';

const MAX_PACKED_BYTES = 1_500_000;
const MAX_UNPACKED_BYTES = 5_000_000;

/** Every published file is one of these. */
const MEANT = [
  /^(package\.json|LICENSE|README\.md|ARCHITECTURE\.md|CHANGELOG\.md|GLOSSARY\.md|SECURITY\.md)$/,
  /^docs\/([\w-]+\/)*[\w-]+\.(md|png|json)$/,
  /^dist\/lib\/admin\/page\/assets\/[\w.-]+$/,
  /^dist\/(lib|migrations)\/([\w-]+\/)*[\w-]+(\.js|\.d\.ts)$/,
];
/** What a published file never contains. The expressions do not match themselves. */
const FORBIDDEN = {
  'a path of the machine that packed it': new RegExp(
    `${escaped(ROOT)}|file:///|/home/[a-z]|/Users/[A-Za-z]`,
  ),
  'a reference to a source map': /sourceMappingURL=/,
  'a private key': /-----BEGIN [A-Z ]*PRIVATE KEY-----\n/,
  'a token': /\b(npm_[A-Za-z0-9]{36}|gh[pousr]_[A-Za-z0-9]{36}|AKIA[0-9A-Z]{16})\b/,
};

const problems = inScratch('tarball', (scratch) => {
  const tarball = packed(scratch, { isBuilt: true });
  console.log(run('npx', ['--no-install', 'attw', tarball, '--profile', 'node16'], { cwd: ROOT }));
  run('tar', ['xzf', tarball, '-C', scratch], { cwd: scratch });
  const folder = join(scratch, 'package');
  const files = filesIn(folder);
  console.log(`The tarball has ${files.length} files in ${statSync(tarball).size} bytes.`);
  return [
    ...strangeFiles(files),
    ...missingFiles(files),
    ...strangeTexts(folder, files),
    ...sizeProblems(tarball, folder, files),
    ...checkEntries(tarball, scratch),
  ];
});
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;

/** @param {string} text */
function escaped(text) {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** @param {string} folder */
function filesIn(folder) {
  const entries = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return entries.filter((path) => statSync(join(folder, path)).isFile()).sort();
}

/** @param {readonly string[]} files */
function strangeFiles(files) {
  return files
    .filter((path) => !MEANT.some((meant) => meant.test(path)))
    .map((path) => `${path} is not meant to be published: see MEANT in scripts/check-tarball.mjs.`);
}

/**
 * Each source is published compiled and with its types, and nothing is published whose source is gone.
 *
 * @param {readonly string[]} files
 */
function missingFiles(files) {
  const published = new Set(files);
  const sources = ['lib', 'migrations'].flatMap((folder) =>
    filesIn(join(ROOT, folder)).map((path) => `${folder}/${path}`),
  );
  const compiled = sources.flatMap((path) =>
    /\.tsx?$/.test(path)
      ? ['.js', '.d.ts'].map((suffix) => `dist/${path.replace(/\.tsx?$/, suffix)}`)
      : [`dist/${path}`],
  );
  const expected = ['package.json', 'LICENSE', 'README.md', 'CHANGELOG.md', ...compiled];
  const meant = new Set(expected);
  return [
    ...expected.filter((path) => !published.has(path)).map((path) => `${path} is missing.`),
    ...files
      .filter((path) => path.startsWith('dist/') && !meant.has(path))
      .map((path) => `${path} has no source: run npm run build.`),
  ];
}

/**
 * @param {string} folder
 * @param {readonly string[]} files
 */
function strangeTexts(folder, files) {
  return files.flatMap((path) => {
    const text = readFileSync(join(folder, path), 'latin1');
    return Object.entries(FORBIDDEN)
      .filter(([, forbidden]) => forbidden.test(text))
      .map(([what, forbidden]) => `${path} contains ${what}: ${forbidden.exec(text)}`);
  });
}

/**
 * @param {string} tarball
 * @param {string} folder
 * @param {readonly string[]} files
 */
function sizeProblems(tarball, folder, files) {
  const unpacked = files.reduce((sum, path) => sum + statSync(join(folder, path)).size, 0);
  const sizes = [
    { what: 'packed', bytes: statSync(tarball).size, max: MAX_PACKED_BYTES },
    { what: 'unpacked', bytes: unpacked, max: MAX_UNPACKED_BYTES },
  ];
  return sizes
    .filter(({ bytes, max }) => bytes > max)
    .map(({ what, bytes, max }) => `The package is too large ${what}: ${bytes} bytes of ${max}.`);
}
