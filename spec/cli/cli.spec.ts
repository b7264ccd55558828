import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TriggerStatus } from '../../lib';
import { VERSION } from '../../lib/base/version';
import type { Diagnosis } from '../../lib/doctor/finding';
import { createDatabase, type Database } from '../support/application/database';
import { BuiltProject } from '../support/processes/built-package';

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

const ENTITY = `
  @Entity()
  @ModelHook({ provides: ['name'], capture: 'triggers' })
  class Person {
    @PrimaryGeneratedColumn() id!: number;
    @Column({ type: 'varchar' }) name!: string;
  }`;

const IMPORTS = `
  import 'reflect-metadata';
  import { Column, DataSource, Entity, PrimaryGeneratedColumn } from 'typeorm';
  import { ModelHook, modelHookEntities, modelHookMigrations } from 'typeorm-model-hooks';`;

const OPTIONS = `{
    type: 'postgres',
    url: process.env.PROJECT_URL,
    entities: [Person, ...modelHookEntities],
    migrations: [...modelHookMigrations, 'migrations/*.ts'],
    synchronize: true,
    logging: true,
  }`;

const EXTRAS = `
  export const modelHooks = { encryptionKeys: { one: 'a-key-for-projects-of-32-letters' } };
  export function register(hooks: { define(name: string, options: object): void }): void {
    hooks.define('alarm', { provides: ['room'] });
  }
  console.log('loaded');`;

const TS = `${IMPORTS}${ENTITY}
  export default new DataSource(${OPTIONS});${EXTRAS}`;

const JS = `
  const { DataSource, EntitySchema } = require('typeorm');
  const { ModelHook, modelHookEntities, modelHookMigrations } = require('typeorm-model-hooks');
  const Person = new EntitySchema({
    name: 'person',
    columns: { id: { type: 'int', primary: true, generated: true }, name: { type: 'varchar' } },
  });
  ModelHook({ provides: ['name'], capture: 'triggers' })(Person);
  exports.shop = new DataSource(${OPTIONS});
  exports.modelHooks = { encryptionKeys: { one: 'a-key-for-projects-of-32-letters' } };
  exports.register = (hooks) => hooks.define('alarm', { provides: ['room'] });`;

let project: BuiltProject;
let database: Database;

beforeAll(async () => {
  project = new BuiltProject(['typeorm', 'pg', 'reflect-metadata', 'tsx']);
  database = await createDatabase();
  project.write('package.json', '{}');
  project.write(
    'tsconfig.json',
    '{ "compilerOptions": { "experimentalDecorators": true, "useDefineForClassFields": false } }',
  );
  project.write('data-source.ts', TS);
  project.write('data-source.js', JS);
  project.write('esm/package.json', '{ "type": "module" }');
  project.write(
    'esm/data-source.mjs',
    JS.replace(/require/g, 'load')
      .replace(/exports\.(\w+) =/g, 'export const $1 =')
      .replace(
        /^/,
        "import { createRequire } from 'node:module';\nconst load = createRequire(import.meta.url);",
      ),
  );
  project.write('nothing.js', 'exports.answer = 42;');
  project.write('several.js', `${JS}\nexports.other = new DataSource(${OPTIONS});`);
});
afterAll(async () => {
  project.remove();
  await database.drop();
});

function run(program: string, args: readonly string[], cwd = project.path): Promise<Ended> {
  const env = { ...process.env, PROJECT_URL: database.url, TZ: 'UTC' };
  const child = spawn(process.execPath, [program, ...args], { cwd, env });
  const texts = { out: '', error: '' };
  child.stdout.on('data', (data) => (texts.out += data));
  child.stderr.on('data', (data) => (texts.error += data));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, ...texts })));
}

const cli = (...args: readonly string[]) => run(project.main, args);
const typeorm = (...args: readonly string[]) =>
  run(join(project.path, 'node_modules/tsx/dist/cli.mjs'), [
    'node_modules/typeorm/cli.js',
    ...args,
    '-d',
    'data-source.ts',
  ]);

const states = ({ out }: Ended): readonly TriggerStatus[] => JSON.parse(out);
const codes = ({ out }: Ended) => {
  const { findings }: Diagnosis = JSON.parse(out);
  return findings.map(({ code }) => code);
};

describe('model-hooks', () => {
  it.each([
    [[], 2, 'Usage: model-hooks'],
    [['--help'], 0, 'Exit codes'],
    [['--version'], 0, VERSION],
    [['doctor', '--help'], 0, '--data-source <FILE>'],
    [['triggers', '--help'], 0, '--migration <NAME>'],
    [['examine'], 2, "unknown command 'examine'"],
    [['doctor'], 2, "required option '-d, --data-source <FILE>'"],
    [['doctor', '-d', 'data-source.ts', '--typo'], 2, "unknown option '--typo'"],
    [['doctor', '-d', 'absent.ts'], 2, 'absent.ts does not exist'],
    [['doctor', '-d', 'nothing.js'], 2, 'nothing.js exports no DataSource'],
    [['doctor', '-d', 'several.js'], 2, 'several DataSources: other, shop'],
    [['triggers', '-d', 'data-source.js'], 2, 'exactly one of --print, --check'],
    [['triggers', '-d', 'data-source.js', '--check', '--install'], 2, 'exactly one of'],
    [['triggers', '-d', 'data-source.js', '--migration', '../x'], 2, 'NAME of a migration'],
  ])('%j ends with the exit code %d', async (args, code, text) => {
    const ended = await cli(...args);
    expect(ended.out + ended.error).toContain(text);
    expect(ended.code).toBe(code);
  });

  it('A database that cannot be reached is a failure, and no password is printed', async () => {
    project.write(
      'far.js',
      JS.replace('process.env.PROJECT_URL', "'postgres://me:p4ss@127.0.0.1:1/db'"),
    );
    const { code, out, error } = await cli('doctor', '-d', 'far.js');
    expect(code).toBe(1);
    expect(error).toContain('ECONNREFUSED');
    expect(out + error).not.toContain('p4ss');
  });
});

describe('model-hooks, step by step', () => {
  it('An empty database fails the doctor, and nothing is created', async () => {
    const ended = await cli('doctor', '-d', 'data-source.ts');
    expect(ended.code).toBe(1);
    expect(codes(ended)).toEqual(expect.arrayContaining(['TABLES_MISSING', 'HOOK_TABLE_MISSING']));
    expect(codes(await cli('doctor', '-d', 'data-source.ts'))).toContain('HOOK_TABLE_MISSING');
  });

  it('Triggers are missing after the migrations of the package', async () => {
    expect(await typeorm('migration:run')).toMatchObject({ code: 0 });
    const checked = await cli('triggers', '-d', 'data-source.ts', '--check');
    expect(checked).toMatchObject({ code: 1 });
    expect(states(checked)).toMatchObject([{ hook: 'person', state: 'missing' }]);
  });

  it('A migration is written that TypeORM runs and reverts', async () => {
    expect(await typeorm('schema:sync')).toMatchObject({ code: 0 });
    const args = ['triggers', '-d', 'data-source.ts'];
    const { code, out } = await cli(...args, '--migration', 'add-triggers');
    expect(out).toMatch(/^migrations\/\d{13}-add-triggers\.ts\n$/);
    expect(code).toBe(0);
    const text = readFileSync(join(project.path, out.trim()), 'utf8');
    expect(text).toMatch(/^export class AddTriggers\d{13} implements MigrationInterface/m);
    expect(await typeorm('migration:run')).toMatchObject({ code: 0 });
    expect(await cli(...args, '--check')).toMatchObject({ code: 0 });
    expect(await cli('doctor', '-d', 'data-source.ts')).toMatchObject({ code: 0 });
    expect(await typeorm('migration:revert')).toMatchObject({ code: 0 });
    expect(states(await cli(...args, '--check'))).toMatchObject([{ state: 'missing' }]);
    rmSync(join(project.path, out.trim()));
  });

  it.each(['data-source.ts', 'data-source.js', 'esm/data-source.mjs'])(
    'The triggers of %s are installed, checked and removed',
    async (file) => {
      const triggers = (...args: readonly string[]) => cli('triggers', '-d', file, ...args);
      const installed = await triggers('--install');
      expect(installed.error.replace('loaded\n', '')).toBe('');
      expect(states(installed)).toMatchObject([{ hook: 'person', state: 'current' }]);
      expect(await triggers('--check')).toMatchObject({ code: 0 });
      const doctor = await cli('doctor', '-d', file);
      expect(codes(doctor)).toEqual(['CAPTURE_TRIGGERS', 'CAPTURE_SEND']);
      expect(doctor.code).toBe(0);
      const printed = await triggers('--check', '--no-json');
      expect(printed.out).toBe('HOOK    TABLE     STATE\nperson  "person"  current\n');
      const removed = await triggers('--remove');
      expect(removed.code).toBe(0);
      expect(states(removed)).toMatchObject([{ state: 'missing' }]);
    },
  );

  it('The printed SQL installs the triggers', async () => {
    const { out, code } = await cli('triggers', '-d', 'data-source.js', '--print');
    expect(code).toBe(0);
    expect(out).toContain('CREATE OR REPLACE FUNCTION');
    const json = await cli('triggers', '-d', 'data-source.js', '--print', '--json');
    expect(Object.keys(JSON.parse(json.out))).toEqual(['up', 'down']);
    project.write('print.sql', out);
    project.write(
      'run.js',
      `
      const { readFileSync } = require('node:fs');
      const { Client } = require('pg');
      (async () => {
        const client = new Client({ connectionString: process.env.PROJECT_URL });
        await client.connect();
        await client.query(readFileSync('print.sql', 'utf8'));
        await client.end();
      })();`,
    );
    expect(await run(join(project.path, 'run.js'), [])).toMatchObject({ code: 0, error: '' });
    expect(await cli('triggers', '-d', 'data-source.js', '--check')).toMatchObject({ code: 0 });
  });

  it('A table of findings is printed where that is asked for', async () => {
    const { out, code } = await cli('doctor', '-d', 'data-source.js', '--no-json');
    expect(out).toMatch(/^LEVEL +CODE +HOOK +MESSAGE\n/);
    expect(out).toMatch(/^info +CAPTURE_TRIGGERS +person +Triggers capture/m);
    expect(out).toMatch(/\nNo error was found\.\n$/);
    expect(code).toBe(0);
  });

  it('A file of another folder is loaded with the tsconfig.json that is nearest to it', async () => {
    const file = join(project.path, 'data-source.ts');
    const { code, error } = await run(project.main, ['doctor', '-d', file], tmpdir());
    expect(error).toBe('loaded\n');
    expect(code).toBe(0);
  });

  it('A hook that no trigger captures has nothing to print', async () => {
    project.write('plain.js', JS.replace(", capture: 'triggers'", ''));
    const { code, error } = await cli('triggers', '-d', 'plain.js', '--print');
    expect(error).toContain('No hook is captured by triggers');
    expect(code).toBe(1);
    expect(readdirSync(join(project.path, 'migrations'))).toEqual([]);
  });

  it('TypeScript without tsx is refused with the remedy', async () => {
    project.uninstall('tsx');
    const { code, error } = await cli('doctor', '-d', 'data-source.ts');
    expect(error).toContain('npm install --save-dev tsx');
    expect(code).toBe(1);
  });
});
