// node scripts/check-release.mjs TAG
//
// Checks, before publishing, that the tag, package.json and the changelog name one version, and that this npm can publish
// by the identity of the workflow.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import semver from 'semver';

/** The first npm with trusted publishing. */
const NPM = '>=11.5.1';

const [tag] = process.argv.slice(2);
const { version } = JSON.parse(read('package.json'));
const npm = execFileSync('npm', ['--version'], { encoding: 'utf8' }).trim();
const sections = read('CHANGELOG.md').match(/^## .+$/gm) ?? [];
const isDated = sections.some(
  (line) => line.replace(/ – \d{4}-\d\d-\d\d$/, '') === `## ${version}` && / – /.test(line),
);

const problems = [
  tag === `v${version}` ? [] : [`The tag is ${tag}, but package.json has the version ${version}.`],
  isDated ? [] : [`CHANGELOG.md has no section "## ${version} – YYYY-MM-DD".`],
  semver.satisfies(npm, NPM) ? [] : [`npm is ${npm}; trusted publishing needs ${NPM}.`],
].flat();
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log(`${tag} is ready to be published by npm ${npm}.`);

/** @param {string} path */
function read(path) {
  return readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
}
