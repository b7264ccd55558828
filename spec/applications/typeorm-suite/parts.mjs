import { readdirSync } from 'node:fs';
import { join, sep } from 'node:path';

/** Issues that one process runs. */
const ISSUES = 120;
/** They need other databases, or containers, or measure time. */
const SKIPPED = /mongodb|redis-cache|^benchmark/;

/**
 * The files of TypeORM's tests in parts, each for a process of its own: `functional/persistence`, `core`, `github-issues-1`.
 *
 * @param {string} folder
 * @param {readonly string[]} names Those of the parts to run, or beginnings of them; none for all.
 * @returns {[name: string, files: string[]][]}
 */
export function partsOf(folder, names) {
  const tests = readdirSync(join(folder, 'build/compiled/test'), { recursive: true }).map(String);
  const files = tests.filter((file) => file.endsWith('.test.js')).sort();
  /** @type {Map<string, string[]>} */
  const parts = new Map();
  let issues = 0;
  for (const file of files) {
    const [top = '', next] = file.split(sep);
    if (SKIPPED.test(file)) continue;
    let part = top;
    if (top === 'functional') part = `functional-${next}`;
    if (top === 'github-issues') part = `github-issues-${1 + Math.floor(issues++ / ISSUES)}`;
    parts.set(part, [...(parts.get(part) ?? []), join('build/compiled/test', file)]);
  }
  /** @param {string} part */
  const isAsked = (part) => names.length === 0 || names.some((name) => part.startsWith(name));
  return [...parts].filter(([part]) => isAsked(part));
}
