import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createDatabase, type Database } from '../../support/application/database';
import { BuiltProject } from '../../support/processes/built-package';

const ROOT = join(__dirname, '../../..');
const source = (name: string) => readFileSync(join(ROOT, 'spec/support/runners', name), 'utf8');

const HOOKS = '{ test, beforeAll, afterAll, beforeEach, afterEach }';

/** What a test file begins with, where it is, and the arguments of Node.js that run it. */
const RUNNERS = {
  jest: {
    begins: '',
    file: 'file.test.cjs',
    args: ['node_modules/jest/bin/jest.js', '--config', 'jest.json', '--detectOpenHandles'],
  },
  vitest: {
    begins: `import ${HOOKS} from 'vitest';
      import { createRequire } from 'node:module';
      const require = createRequire(import.meta.url);`,
    file: 'file.test.mjs',
    args: ['node_modules/vitest/vitest.mjs', 'run', '--hookTimeout=60000', 'file.test.mjs'],
  },
  'node:test': {
    begins: `const { test, before: beforeAll, after: afterAll, beforeEach, afterEach } = require('node:test');`,
    file: 'file.test.cjs',
    args: ['--test', 'file.test.cjs'],
  },
} as const;

const SYNCHRONIZE = `async (dataSource) => {
  await dataSource.synchronize(true);
  await dataSource.runMigrations();
}`;
const TRUNCATE = `async (dataSource, hooks) => {
  await hooks.idle();
  const tables = dataSource.entityMetadatas.map(({ tableName }) => '"' + tableName + '"');
  await dataSource.query('TRUNCATE ' + tables.join(', ') + ' RESTART IDENTITY CASCADE');
}`;

const FILES: Readonly<Record<string, string>> = {
  'rollback between tests': source('rollback.js.txt'),
  'synchronize(true) between tests': source('emptied.js.txt').replace('EMPTY', `(${SYNCHRONIZE})`),
  'truncation between tests': source('emptied.js.txt').replace('EMPTY', `(${TRUNCATE})`),
};

const CASES = Object.keys(RUNNERS).flatMap((runner, n) =>
  Object.keys(FILES).map((file, m) => {
    const capture = (n + m) % 2 === 0 ? 'triggers' : 'subscribers';
    return { runner, file, capture };
  }),
);

describe('the runners of tests', () => {
  let project: BuiltProject;
  let database: Database;
  beforeAll(() => {
    project = new BuiltProject(['typeorm', 'reflect-metadata', 'pg', 'jest', 'vitest']);
    project.write('application.cjs', source('application.js.txt'));
    project.write('package.json', '{}');
    project.write(
      'jest.json',
      '{ "testMatch": ["**/*.test.cjs"], "transform": {}, "testTimeout": 60000 }',
    );
  });
  beforeEach(async () => {
    database = await createDatabase();
  });
  afterEach(() => database.drop());
  afterAll(() => project.remove());

  it.each(CASES)(
    '$runner runs a file with $file, captured by $capture, and ends',
    async (one) => {
      const { begins, file, args } = RUNNERS[one.runner as keyof typeof RUNNERS];
      project.write(file, `${begins}\n${FILES[one.file]}`);
      const env: NodeJS.ProcessEnv = {
        ...process.env,
        TEST_DATABASE_URL: database.url,
        TEST_CAPTURE: one.capture,
        NODE_ENV: 'test',
      };
      // A runner of tests marks its children.
      delete env.NODE_OPTIONS;
      delete env.NODE_TEST_CONTEXT;
      const run = promisify(execFile)(process.execPath, args, {
        cwd: project.path,
        env,
        timeout: 110_000,
      });
      const { stdout, stderr } = await run.catch((error) => {
        throw new Error(`${error.stdout}\n${error.stderr}`);
      });
      expect(`${stdout}${stderr}`).not.toMatch(/open handle|did not exit|failed to exit/);
    },
    120_000,
  );
});
