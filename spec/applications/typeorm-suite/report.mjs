import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Rows that differ, and warnings, that are printed in full. */
const SHOWN = 40;

/**
 * Prints what the two runs found. True if no test fails because of us, and each row has its events.
 *
 * @param {string} folder
 * @param {string} capture
 */
export function report(folder, capture) {
  const failing = differences(folder, capture);
  const wrong = rows(folder, capture);
  return failing === 0 && wrong === 0;
}

/**
 * @param {string} folder
 * @param {string} capture
 */
function differences(folder, capture) {
  const [plain, hooked] = [tests(folder, 'plain'), tests(folder, capture)];
  const passes = [...plain].filter(([, { error }]) => error === null);
  const failing = passes.filter(([key]) => hooked.get(key)?.error !== null);
  const failedHooks = [...hooked].filter(([key, { error }]) => error !== null && !plain.has(key));
  console.log(
    `${plain.size} tests; ${passes.length} pass without us, ${passes.length - failing.length} of them with us (${capture}).`,
  );
  for (const [key] of [...failing, ...failedHooks])
    console.log(`  ${key}\n      ${hooked.get(key)?.error ?? 'was not run'}`);
  return failing.length;
}

/**
 * Each test that ran, by its file and title, with the error of those that failed.
 *
 * @param {string} folder
 * @param {string} mode
 */
function tests(folder, mode) {
  /** @type {Map<string, { error: string | null }>} */
  const found = new Map();
  for (const file of results(folder, mode, '.json')) {
    const { tests, pending, failures } = JSON.parse(readFileSync(file, 'utf8'));
    const skipped = new Set(pending.map(titleOf));
    const titles = new Set(tests.map(titleOf));
    // A hook of mocha that fails is no test, and keeps tests from being run.
    const hooks = failures.filter((/** @type {Titled} */ one) => !titles.has(titleOf(one)));
    for (const test of [...tests, ...hooks]) {
      const { message, stack } = test.err;
      const error = message || stack ? firstLines(message ?? stack) : null;
      if (!skipped.has(titleOf(test))) found.set(unique(found, titleOf(test)), { error });
    }
  }
  return found;
}

/** @typedef {{ readonly file: string, readonly fullTitle: string }} Titled */

/** @param {Titled} test */
function titleOf({ file, fullTitle }) {
  return `${file.replace(/^.*compiled.test./, '')}: ${fullTitle}`;
}

/**
 * @param {Map<string, unknown>} found
 * @param {string} title
 */
function unique(found, title) {
  let key = title;
  for (let n = 2; found.has(key); n += 1) key = `${title} (${n})`;
  return key;
}

/** @param {string} text */
function firstLines(text) {
  return text.split('\n').slice(0, 4).join('\n      ').slice(0, 600);
}

/**
 * @param {string} folder
 * @param {string} capture
 */
function rows(folder, capture) {
  /** @type {Record<string, number>} */
  const sums = {};
  const wrong = [];
  for (const file of results(folder, capture, '.changes.jsonl')) {
    for (const line of readFileSync(file, 'utf8').trim().split('\n').filter(Boolean)) {
      const { test, warning, count, wrong: some = [], ...numbers } = JSON.parse(line);
      if (warning) console.log(`  ${count} × ${warning.slice(0, 300)}`);
      else for (const key of Object.keys(numbers)) sums[key] = (sums[key] ?? 0) + numbers[key];
      for (const row of some) wrong.push({ test, ...row });
    }
  }
  console.log(`${JSON.stringify(sums)}, rows that are wrong: ${wrong.length}`);
  for (const row of wrong.slice(0, SHOWN)) console.log('  ', JSON.stringify(row));
  return wrong.length;
}

/**
 * @param {string} folder
 * @param {string} mode
 * @param {string} ending
 */
function results(folder, mode, ending) {
  return readdirSync(folder)
    .filter((file) => file.startsWith(`${mode}-`) && file.endsWith(ending))
    .map((file) => join(folder, file))
    .filter((file) => existsSync(file));
}
