import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { webhookSignature } from '../../lib/signing/signature';
import { createDatabase, type Database } from '../support/application/database';
import { BuiltProject } from '../support/processes/built-package';

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

const SECRETS = {
  signing: 'signing-secret-of-the-listener-1',
  header: 'header-value-that-is-secret-2',
  path: 'path-that-is-secret-3',
  query: 'query-that-is-secret-4',
  config: 'config-that-is-secret-5',
  encryption: 'a-key-for-projects-of-32-letters',
};

const JS = `
  const { DataSource, EntitySchema } = require('typeorm');
  const { ModelHook, modelHookEntities, modelHookMigrations } = require('typeorm-model-hooks');
  const Person = new EntitySchema({
    name: 'person',
    columns: { id: { type: 'int', primary: true, generated: true }, name: { type: 'varchar' } },
  });
  ModelHook({ provides: ['name'] })(Person);
  exports.shop = new DataSource({
    type: 'postgres',
    url: process.env.PROJECT_URL,
    entities: [Person, ...modelHookEntities],
    migrations: [...modelHookMigrations],
  });
  exports.modelHooks = {
    delivery: { recipients: 'development' },
    encryptionKeys: { one: '${SECRETS.encryption}' },
  };
  exports.register = (hooks) => hooks.define('alarm', { provides: ['room'] });`;

/** Makes the tables, a listener, and three deliveries to it that fail: nothing listens on port 1. */
const SETUP = `
  const { ModelHooks } = require('typeorm-model-hooks');
  const { shop, modelHooks, register } = require('./data-source.js');
  (async () => {
    await shop.initialize();
    await shop.runMigrations();
    await shop.query('CREATE TABLE person (id serial PRIMARY KEY, name varchar NOT NULL)');
    const hooks = await ModelHooks.attach(shop, modelHooks);
    await register(hooks);
    const { id } = await hooks.for('person')
      .listener({
        url: 'https://127.0.0.1:1/${SECRETS.path}?token=${SECRETS.query}',
        secret: '${SECRETS.signing}',
        headers: { Authorization: '${SECRETS.header}' },
        config: { token: '${SECRETS.config}' },
        delivery: { retries: 0 },
      })
      .save();
    for (const name of ['Ann', 'Bob', 'Cem']) await shop.getRepository('person').save({ name });
    await hooks.idle();
    await shop.destroy();
    console.log(id);
  })();`;

let project: BuiltProject;
let database: Database;
let listener: string;

beforeAll(async () => {
  project = new BuiltProject(['typeorm', 'pg', 'reflect-metadata']);
  database = await createDatabase();
  project.write('package.json', '{}');
  project.write('data-source.js', JS);
  project.write('setup.js', SETUP);
  const { out, error, code } = await ended(start('setup.js'));
  if (code !== 0) throw new Error(error);
  listener = out.trim();
});
afterAll(async () => {
  project.remove();
  await database.drop();
});

function start(program: string, args: readonly string[] = [], more: object = {}): ChildProcess {
  const env = { ...process.env, PROJECT_URL: database.url, TZ: 'UTC', ...more };
  return spawn(process.execPath, [program, ...args], { cwd: project.path, env });
}

function ended(child: ChildProcess): Promise<Ended> {
  const texts = { out: '', error: '' };
  child.stdout?.on('data', (data) => (texts.out += data));
  child.stderr?.on('data', (data) => (texts.error += data));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, ...texts })));
}

const cli = (...args: readonly string[]) => ended(start(project.main, args));
const D = ['-d', 'data-source.js'] as const;

describe('The commands for operators', () => {
  it('Listeners and deliveries are printed as JSON and as tables, by page', async () => {
    const listeners = JSON.parse((await cli('listeners', ...D, '--active')).out);
    expect(listeners).toMatchObject({
      items: [{ id: listener, target: 'https://127.0.0.1:1', headers: ['Authorization'] }],
      nextCursor: null,
    });
    expect(JSON.parse((await cli('listeners', ...D, '--inactive')).out).items).toEqual([]);
    const args = ['deliveries', ...D, '--listener', listener, '--status', 'failed', '--limit', '2'];
    const first = JSON.parse((await cli(...args)).out);
    expect(first.items).toHaveLength(2);
    const rest = JSON.parse((await cli(...args, '--cursor', first.nextCursor)).out);
    expect(rest).toMatchObject({ items: [{ event: 'person.created' }], nextCursor: null });
    const table = await cli(...args, '--no-json');
    expect(table.out).toMatch(/^ID +EVENT +LISTENER[\s\S]*There are more: --cursor \S+\n$/);
    expect(table.code).toBe(0);
  });

  it('A replay ends at its limit and goes on with its cursor', async () => {
    const args = ['replay', ...D, '--status', 'failed'];
    const first = await cli(...args, '--limit', '2');
    const { count, cursor } = JSON.parse(first.out);
    expect({ count, code: first.code }).toEqual({ count: 2, code: 0 });
    const rest = await cli(...args, '--cursor', cursor);
    expect(JSON.parse(rest.out)).toEqual({ count: 1, cursor: null });
    const { items } = JSON.parse((await cli('deliveries', ...D)).out);
    expect(items.map(({ status }: { status: string }) => status)).not.toContain('failed');
  });

  it('SIGINT stops a backfill after a batch, and the printed cursor goes on', async () => {
    const args = ['backfill', listener, ...D];
    const child = start(project.main, [...args, '--rate', '0.01']);
    const stopped = ended(child);
    // The first row is stored before the long pause that keeps to the rate.
    await stored('person.read', 1);
    child.kill('SIGINT');
    const { code, out } = await stopped;
    const { count, cursor } = JSON.parse(out);
    expect({ code, count }).toEqual({ code: 1, count: 1 });
    const rest = await cli(...args, '--cursor', cursor);
    expect(JSON.parse(rest.out)).toEqual({ count: 2, cursor: null });
  });

  it('An event is stored by `send`, and `prune` deletes nothing that is young', async () => {
    const sent = await cli('send', 'alarm', '{"room":"12"}', ...D, '--ref', 'https://a.example/7');
    expect(JSON.parse(sent.out)).toEqual({ id: expect.stringMatching(/^[\da-f-]{36}$/) });
    expect(sent.code).toBe(0);
    await stored('alarm', 1);
    const pruned = await cli('prune', ...D, '--events', '7d', '--deliveries', 'never');
    expect(JSON.parse(pruned.out)).toEqual({ count: 0, cursor: null });
  });
});

describe('model-hooks types', () => {
  it('It writes three files, and `--check` fails where one of them would change', async () => {
    const args = ['types', ...D, '--out', 'generated/events.ts'];
    const paths = ['events.ts', 'events.schema.json', 'events.asyncapi.json'].map(
      (name) => `generated/${name}`,
    );
    expect(await cli(...args, '--check')).toMatchObject({ code: 1 });
    const written = await cli(...args);
    expect([JSON.parse(written.out), written.code]).toEqual([{ changed: paths }, 0]);
    expect(project.read('generated/events.ts')).toContain(
      'readonly "person.created": PersonCreated;',
    );
    const checked = await cli(...args, '--check');
    expect([JSON.parse(checked.out), checked.code]).toEqual([{ changed: [] }, 0]);
    project.write('generated/events.schema.json', '{}');
    const outdated = await cli(...args, '--check', '--no-json');
    expect(outdated).toMatchObject({
      code: 1,
      out: 'Out of date: generated/events.schema.json. Run the command without --check.\n',
    });
    expect(await cli('types', ...D, '--out', 'events.js')).toMatchObject({ code: 2 });
  });

  it('It needs no tables, and changes nothing in the database', async () => {
    const options = "{ capture: 'triggers', installTriggers: true }";
    const text = `module.exports = { ...require('./data-source.js'), modelHooks: ${options} };`;
    project.write('by-triggers.js', text);
    const args = ['types', '-d', 'by-triggers.js', '--out', 'by-triggers.ts'];
    const empty = await createDatabase();
    const written = await ended(start(project.main, args, { PROJECT_URL: empty.url }));
    await empty.drop();
    expect(written).toMatchObject({ code: 0, error: '' });
    expect(project.read('by-triggers.ts')).toContain('readonly "alarm": Alarm;');
    expect(await cli(...args, '--check')).toMatchObject({ code: 0 });
    const { out } = await cli('triggers', '-d', 'by-triggers.js', '--check');
    expect(JSON.parse(out)).toMatchObject([{ hook: 'person', state: 'missing' }]);
  });
});

/** Waits until so many events of this name are stored. */
async function stored(name: string, count: number): Promise<void> {
  const text = `const { shop } = require('./data-source.js');
    (async () => {
      await shop.initialize();
      for (;;) {
        const [{ n }] = await shop.query('SELECT count(*)::int AS n FROM model_hook_event WHERE event = $1', ['${name}']);
        if (n >= ${count}) break;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      await shop.destroy();
    })();`;
  project.write('stored.js', text);
  expect(await ended(start('stored.js'))).toMatchObject({ code: 0, error: '' });
}

describe('model-hooks receive', () => {
  it('It prints each request with whether its signature is valid, and no signature', async () => {
    const args = ['receive', '--port', '0'];
    const child = start(project.main, args, { MODEL_HOOKS_SECRET: SECRETS.signing });
    const whole = ended(child);
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    const { url } = JSON.parse(String((await once(lines, 'line'))[0]));
    const body = '{"data":{"name":"Joe"}}';
    const timestamp = Math.floor(Date.now() / 1_000);
    const signature = webhookSignature(SECRETS.signing, { id: 'd1', timestamp, body });
    const hmacs = ['hook-hmac', 'hook-hmac-previous', 'x-hook-signature'];
    const signed = Object.fromEntries(hmacs.map((name) => [name, `value of ${name}`]));
    const headers = { ...signed, 'webhook-id': 'd1', 'webhook-timestamp': `${timestamp}` };
    const post = async (one: string) => {
      const init = { method: 'POST', body, headers: { ...headers, 'webhook-signature': one } };
      return (await fetch(`${url}/hooks?token=${SECRETS.query}`, init)).status;
    };
    expect([await post(signature), await post('v1,AAAA')]).toEqual([204, 401]);
    child.kill('SIGINT');
    const { code, out, error } = await whole;
    const [, good, bad] = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(good).toMatchObject({ path: '/hooks', verified: true, body: { data: { name: 'Joe' } } });
    expect(bad).toMatchObject({ verified: false, reason: 'signature-mismatch' });
    expect(code).toBe(0);
    for (const text of [signature, SECRETS.signing, SECRETS.query, ...Object.values(signed)])
      expect(out + error).not.toContain(text);
  });
});

describe('Wrong usage', () => {
  it.each([
    [['listeners'], '--data-source'],
    [['listeners', ...D, '--active', '--inactive'], '--active, --inactive'],
    [['listeners', ...D, '--owner', ''], '--owner'],
    [['listeners', ...D, '--limit', '1001'], '--limit'],
    [['listeners', ...D, '--cursor', 'x'], '`cursor`'],
    [['deliveries', ...D, '--status', 'lost'], '--status'],
    [['deliveries', ...D, '--since', '2026-02-31'], '--since'],
    [['deliveries', ...D, '--until', '2026-01-31T12:00'], '--until'],
    [['deliveries', ...D, '--cursor', 'x'], '`cursor`'],
    [['replay', ...D, '--status', 'waiting'], '--status'],
    [['replay', ...D, '--rate', '0'], '--rate'],
    [['replay', ...D, '--limit', '0'], '--limit'],
    [['replay', ...D, '--cursor', 'x'], '`cursor`'],
    [['replay', ...D, '--listener', ''], '--listener'],
    [['prune', ...D, '--events', '0d'], '--events'],
    [['prune', ...D, '--deliveries', '7'], '--deliveries'],
    [['backfill', ...D], "argument 'ID'"],
    [['backfill', 'x', ...D, '--rate', 'fast'], '--rate'],
    [['send', 'alarm', ...D], "argument 'JSON'"],
    [['send', 'alarm', '[1]', ...D], 'argument JSON'],
    [['send', 'alarm', '{"room":', ...D], 'argument JSON'],
    [['receive', '--secret', 'a-secret'], '--port'],
    [['receive', '--port', '70000', '--secret', 'a-secret'], '--port'],
    [['receive', '--port', '0'], '--secret'],
    [['receive', '--port', '0', '--secret', 'undefined'], '--secret'],
  ])('%j ends with the exit code 2 and names %s', async (args, name) => {
    const { code, error } = await cli(...args);
    expect(error).toContain(name);
    expect(code).toBe(2);
  });
});

describe('Secrets', () => {
  it.each([
    [['doctor', ...D]],
    [['triggers', ...D, '--check']],
    [['listeners', ...D]],
    [['listeners', ...D, '--no-json']],
    [['deliveries', ...D]],
    [['deliveries', ...D, '--no-json']],
    [['replay', ...D, '--limit', '1']],
    [['prune', ...D]],
    [['backfill', 'absent', ...D]],
    [['send', 'absent', `{"a":"${SECRETS.config}"}`, ...D]],
    [['send', 'alarm', `{"a":"${SECRETS.config}"`, ...D]],
    [['receive', '--port', 'x', '--secret', SECRETS.signing]],
    [['receive', '--port', '0', '--secret', `whsec_${SECRETS.signing}`]],
  ])('%j prints none', async (args) => {
    const { out, error } = await cli(...args);
    expect(out + error).not.toBe('');
    for (const secret of Object.values(SECRETS)) expect(out + error).not.toContain(secret);
  });
});
