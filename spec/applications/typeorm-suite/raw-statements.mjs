// @ts-nocheck It runs in a temporary folder; see main.mjs.
import { createRequire } from 'node:module';

const require = createRequire(`${process.cwd()}/package.json`);
const { PostgresQueryRunner } = require('typeorm/driver/postgres/PostgresQueryRunner');

/** The beginnings of statements that no query builder has written. */
export const rawStatements = new Set();

/** Where a statement that a test writes itself is called from. */
const RAW = /compiled.test|DataSource\.query|EntityManager\.query|Repository\.query|Migration/;

/** Notes them from now on. */
export function watchStatements() {
  const { query } = PostgresQueryRunner.prototype;
  PostgresQueryRunner.prototype.query = function (statement, ...args) {
    if (RAW.test(callerOf(new Error().stack)))
      rawStatements.add(String(statement).trim().slice(0, 300));
    return query.call(this, statement, ...args);
  };
}

/** The first line of a stack that is neither of this file nor of the package. */
function callerOf(stack = '') {
  const [, ...lines] = stack.split('\n');
  return lines.find((line) => !/raw-statements|typeorm-model-hooks/.test(line)) ?? '';
}
