import { createHash } from 'node:crypto';
import { Column, type DataSource, Entity, PrimaryGeneratedColumn } from 'typeorm';
import {
  type AttachOptions,
  type EncryptionKeys,
  ModelHook,
  ModelHooks,
  secret,
  type Targets,
} from '../../lib';
import { Database, type Query } from '../../lib/database';
import { canonicalJson } from '../../lib/json';
import { checkKeys } from '../../lib/listener/key-check';
import { tablesOf } from '../../lib/tables';
import { Vault } from '../../lib/vault';
import { type Application, startApplication } from '../support/application';
import { Person, person } from '../support/person';
import { type Receiver, startReceiver } from '../support/receiver';
import { secretRow, storedSecrets } from '../support/secrets';

/** Its targets are those of the test. */
let targets: Targets = [];

@Entity()
@ModelHook({ provides: ['name'], resolve: () => targets })
class Job {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;
}

const NONE: EncryptionKeys = {};
const OLD: EncryptionKeys = { old: 'o'.repeat(32) };
const BOTH: EncryptionKeys = { new: 'n'.repeat(32), ...OLD };
const NEW: EncryptionKeys = { new: 'n'.repeat(32) };

const logger = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
const started: Application[] = [];
let receiver: Receiver;

beforeEach(async () => {
  receiver = await startReceiver();
  targets = [];
  jest.clearAllMocks();
});
afterEach(async () => {
  for (const application of started.splice(0).reverse()) await application.stop();
  await receiver.close();
});

/** An application with these keys: of a database of its own, or beside another one. */
async function start(
  encryptionKeys: EncryptionKeys,
  { url, ...attach }: AttachOptions & { readonly url?: string } = {},
): Promise<Application> {
  const application = await startApplication({
    entities: [Person, Job],
    attach: { encryptionKeys, logger, ...attach },
    ...(url && { url }),
  });
  started.push(application);
  return application;
}

/** The same database with other keys, as after a new deployment. */
async function restart(
  before: Application,
  keys: EncryptionKeys,
  attach: AttachOptions = {},
): Promise<Application> {
  await before.dataSource.destroy();
  return start(keys, { url: before.url, ...attach });
}

const listen = ({ hooks }: Application, options = {}) =>
  hooks
    .for(Person)
    .listener({ url: `${receiver.url}/hook`, ...options })
    .save();

async function tell({ dataSource, hooks }: Application): Promise<void> {
  await dataSource.manager.save(person());
  await hooks.idle();
}

/** An event that waits, with targets. */
async function waiting(application: Application, named: Targets): Promise<void> {
  targets = named;
  await application.dataSource.manager.save(Job, { name: 'waits' });
}

describe('ModelHooks.attach without keys', () => {
  it('warns once, however often the DataSource is initialised', async () => {
    const { dataSource } = await start(NONE);
    await dataSource.destroy();
    await dataSource.initialize();
    await ModelHooks.attach(dataSource);
    expect(logger.warn.mock.calls).toEqual([[expect.stringContaining('encryptionKeys')]]);
  });

  it('stores secrets as they are, whatever they look like', async () => {
    const application = await start(NONE);
    for (const given of ['plain', 'enc:v1:old:AAAA']) {
      const { id } = await listen(application, { key: given, secret: given });
      const { dataSource } = application;
      expect((await storedSecrets(dataSource, id, NONE)).secret).toBe(given);
      expect((await secretRow(dataSource, id)).key_ids).toEqual([]);
    }
    expect(await application.hooks.listeners.find()).toHaveLength(2);
  });
});

describe('ModelHooks.attach with keys', () => {
  it('does not warn', async () => {
    await start(OLD);
    expect(logger.warn).not.toHaveBeenCalled();
  });

  it.each([
    { of: 'the secret', options: {}, rotates: false },
    { of: 'a header', options: { headers: { 'X-A': secret('value') } }, rotates: false },
    { of: 'a former secret', options: {}, rotates: true },
  ])('is refused where one of $of is missing, naming it and the option', async (made) => {
    const application = await start(OLD);
    const { id } = await listen(application, made.options);
    if (made.rotates) await application.hooks.listeners.rotateSecret(id);
    await application.dataSource.destroy();
    for (const keys of [NONE, NEW])
      await expect(start(keys, { url: application.url })).rejects.toMatchObject({
        name: 'SecretKeyMissingError',
        code: 'SECRET_KEY_MISSING',
        keys: ['old'],
        message: expect.stringMatching(/"old".*`encryptionKeys`/),
      });
    const { hooks } = await start(BOTH, { url: application.url });
    expect(await hooks.listeners.find()).toHaveLength(1);
  });

  it('is refused where a waiting event has targets that do not open', async () => {
    const application = await start(OLD, { work: false });
    await waiting(application, [{ url: receiver.url, secret: 'of the target' }]);
    await application.dataSource.destroy();
    await expect(start(NEW, { url: application.url })).rejects.toMatchObject({
      code: 'SECRET_KEY_MISSING',
      keys: ['old'],
    });
  });

  it('is refused where another key bears the id, before it fails what waits', async () => {
    const application = await start(OLD);
    await listen(application);
    await application.dataSource.destroy();
    const wrong = start({ old: 'x'.repeat(32) }, { url: application.url });
    await expect(wrong).rejects.toMatchObject({ code: 'SECRET_UNREADABLE', key: 'old' });
  });

  it('takes no single listener that was changed by hand for a wrong key', async () => {
    const application = await start(OLD);
    const [{ id }] = [await listen(application, { key: '1' }), await listen(application)];
    await application.dataSource.query(
      "UPDATE model_hook_listener SET secret = left(secret, -1) || 'A' WHERE id = $1",
      [id],
    );
    const { hooks } = await restart(application, OLD);
    expect(await hooks.listeners.find()).toHaveLength(2);
  });

  it('is refused again where the DataSource is initialised again', async () => {
    const application = await start(OLD);
    const beside = await start(BOTH, { url: application.url });
    await listen(beside);
    await application.dataSource.destroy();
    await expect(application.dataSource.initialize()).rejects.toMatchObject({ keys: ['new'] });
  });

  it('reads plain secrets, and seals each when it is named again', async () => {
    const before = await start(NONE);
    const { id, secret: given } = await listen(before, {
      key: 'k',
      headers: { 'X-A': secret('v') },
    });
    const application = await restart(before, OLD);
    await tell(application);
    expect(receiver.received[0]?.headers).toMatchObject({ 'x-a': 'v' });
    expect((await secretRow(application.dataSource, id)).key_ids).toEqual([]);
    await listen(application, { key: 'k', secret: 'sealed' });
    const row = await secretRow(application.dataSource, id);
    expect(row).toMatchObject({ key_ids: ['old'], headers: { 'X-A': { secret: 'v' } } });
    expect(row.secret).not.toBe(given);
    await tell(application);
    expect(receiver.received[1]?.headers).toMatchObject({ 'x-a': 'v' });
  });

  it('walks from one set of keys to the next, however many listeners there are', async () => {
    const { dataSource, hooks } = await start(OLD);
    const builders = Array.from({ length: 3_000 }, (_, n) =>
      hooks.for(Person).listener({ url: receiver.url, key: String(n) }),
    );
    await hooks.listeners.saveMany(builders);
    await dataSource.query("UPDATE model_hook_listener SET key_ids = '{a,b}' WHERE key < '2'");
    await dataSource.query("UPDATE model_hook_listener SET key_ids = '{}' WHERE key > '5'");
    for (const statistics of ['stale', 'fresh']) {
      if (statistics === 'fresh') await dataSource.query('ANALYZE model_hook_listener');
      expect((await checkedKeys(dataSource, OLD)).error).toMatchObject({ keys: ['a', 'b'] });
      const known = { ...OLD, a: 'a'.repeat(32), b: 'b'.repeat(32) };
      const { error, scans } = await checkedKeys(dataSource, known);
      expect(error).toBeUndefined();
      expect(scans.length).toBeGreaterThan(2);
      for (const scan of scans) expect(scan['Node Type']).toMatch(/^Index (Only )?Scan/);
      const rows = scans.map((scan) => scan['Actual Rows'] * scan['Actual Loops']);
      expect(Math.max(...rows)).toBeLessThan(10);
    }
  }, 60_000);
});

describe('reencrypt', () => {
  it('needs a key to seal with', async () => {
    const { hooks } = await start(NONE);
    await expect(hooks.listeners.reencrypt()).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      option: 'encryptionKeys',
    });
  });

  it('seals with the newest key what none or older ones sealed, so that those can go', async () => {
    const plain = await start(NONE);
    const one = await listen(plain, { key: '1', headers: { 'X-A': secret('first') } });
    await plain.hooks.listeners.rotateSecret(one.id, { secret: 'rotated' });
    const older = await restart(plain, OLD);
    const two = await listen(older, { key: '2', headers: { 'X-A': secret('second') } });
    const three = await listen(await restart(older, BOTH), { key: '3' });
    const { hooks, dataSource } = started.at(-1) as Application;

    const progress: number[] = [];
    expect(await hooks.listeners.reencrypt({ onProgress: (done) => progress.push(done) })).toBe(2);
    expect(progress).toEqual([2]);
    for (const { id } of [one, two, three])
      expect(await secretRow(dataSource, id)).toMatchObject({ key_ids: ['new'] });
    expect(await hooks.reencrypt()).toBe(0);

    const newer = await restart(started.at(-1) as Application, NEW);
    const opened = await Promise.all(
      [one, two, three].map(({ id }) => storedSecrets(newer.dataSource, id, NEW)),
    );
    expect(opened.map((secrets) => secrets.secret)).toEqual(['rotated', two.secret, three.secret]);
    expect(opened[0]?.previousSecret).toBe(one.secret);
    await tell(newer);
    const values = receiver.received.map(({ headers }) => headers['x-a']);
    expect(values.toSorted()).toEqual(['first', 'second', undefined]);
  });

  it('drops a former secret that holds no more, and with it its key', async () => {
    const older = await start(OLD);
    const { id } = await listen(older);
    const { hooks, dataSource } = await restart(older, BOTH);
    await hooks.listeners.rotateSecret(id);
    expect((await secretRow(dataSource, id)).key_ids).toEqual(['new', 'old']);
    await dataSource.query('UPDATE model_hook_listener SET previous_secret_until = now()');
    expect(await hooks.listeners.reencrypt()).toBe(1);
    expect(await secretRow(dataSource, id)).toMatchObject({
      key_ids: ['new'],
      previous_secret: null,
      previous_secret_until: null,
    });
  });

  it('goes through pages, is called again after it was broken off, and disturbs no save', async () => {
    const older = await start(OLD, { work: false });
    const builders = (application: Application, count: number) =>
      Array.from({ length: count }, (_, n) =>
        application.hooks.for(Person).listener({ url: receiver.url, key: String(n), secret: 's' }),
      );
    await older.hooks.listeners.saveMany(builders(older, 2_500));
    const application = await restart(older, BOTH);
    const { hooks, dataSource } = application;
    const broken = hooks.listeners.reencrypt({
      onProgress: () => {
        throw new RangeError('stop');
      },
    });
    await expect(broken).rejects.toThrow(RangeError);
    const [resealed] = await Promise.all([
      hooks.listeners.reencrypt(),
      hooks.listeners.saveMany(builders(application, 1_200)),
    ]);
    expect(resealed).toBeLessThanOrEqual(1_500);
    await hooks.listeners.reencrypt();
    const rows = await dataSource.query<{ key_ids: string[]; count: number }[]>(
      'SELECT key_ids, count(*)::int AS count FROM model_hook_listener GROUP BY key_ids',
    );
    expect(rows).toEqual([{ key_ids: ['new'], count: 2_500 }]);
    const [any] = await hooks.listeners.find({ key: '7' });
    expect((await storedSecrets(dataSource, any?.id ?? '', NEW)).secret).toBe('s');
  }, 60_000);

  it('leaves what does not open as it is, and says so', async () => {
    const older = await start(OLD);
    const [one, two] = [await listen(older, { key: '1' }), await listen(older, { key: '2' })];
    const { hooks, dataSource } = await restart(older, BOTH);
    const spoilt = 'enc:v1:old:AAAA';
    await dataSource.query('UPDATE model_hook_listener SET secret = $1 WHERE id = $2', [
      spoilt,
      one.id,
    ]);
    expect(await hooks.listeners.reencrypt()).toBe(1);
    expect(await secretRow(dataSource, one.id)).toMatchObject({ secret: spoilt });
    expect((await secretRow(dataSource, two.id)).key_ids).toEqual(['new']);
    expect(logger.error.mock.calls).toEqual([
      [
        expect.stringContaining(one.id),
        { error: expect.objectContaining({ code: 'SECRET_UNREADABLE' }) },
      ],
    ]);
  });

  it('seals the targets of events that wait', async () => {
    const plain = await start(NONE, { work: false });
    await waiting(plain, [`${receiver.url}/0`]);
    await waiting(plain, [{ url: `${receiver.url}/1`, secret: 'of a target' }]);
    const older = await restart(plain, OLD, { work: false });
    await waiting(older, [{ url: `${receiver.url}/2`, headers: { 'X-A': secret('of two') } }]);
    const both = await restart(older, BOTH, { work: false });
    expect(await both.hooks.reencrypt()).toBe(2);
    const stored = await both.dataSource.query('SELECT targets FROM model_hook_event ORDER BY id');
    expect(stored).toEqual([
      { targets: [`${receiver.url}/0`] },
      { targets: expect.stringMatching(/^enc:v1:new:/) },
      { targets: expect.stringMatching(/^enc:v1:new:/) },
    ]);
    const newer = await restart(both, NEW);
    await newer.hooks.idle();
    expect(receiver.received.map(({ path }) => path).toSorted()).toEqual(['/0', '/1', '/2']);
    expect(receiver.received.find(({ path }) => path === '/2')?.headers['x-a']).toBe('of two');
  });
});

describe('a target that names its own secret', () => {
  /** The identities of its listeners, after events that named it with these secrets. */
  async function identities(keys: EncryptionKeys, secrets: readonly string[]): Promise<string[]> {
    const application = await start(keys);
    for (const one of secrets) await waiting(application, [{ url: receiver.url, secret: one }]);
    await application.hooks.idle();
    const rows = await application.dataSource.query<{ identity: string }[]>(
      'SELECT identity FROM model_hook_listener ORDER BY id',
    );
    return rows.map(({ identity }) => identity);
  }
  const hashed = (one: string): string => {
    const said = canonicalJson(['job', { secret: one, url: `${receiver.url}/` }]);
    return createHash('sha256').update(`dynamic ${said}`).digest('hex');
  };

  it('is one listener for each secret, known by what nobody without the key can guess at', async () => {
    const sealed = await identities(OLD, ['one', 'one', 'two']);
    expect(sealed).toHaveLength(2);
    expect(sealed).not.toContain(hashed('one'));
    expect(await identities(NONE, ['one', 'one', 'two'])).toEqual([hashed('one'), hashed('two')]);
  });
});

describe('a process that was not given the newest key yet', () => {
  it('leaves the deliveries of listeners that open elsewhere to wait', async () => {
    const older = await start(OLD);
    const beside = await start(BOTH, { url: older.url, work: false });
    const { id } = await listen(beside);
    await tell(older);
    const [waits] = (await older.hooks.deliveries.find({ listener: id })).items;
    expect(waits).toMatchObject({
      status: 'waiting',
      attempt: 0,
      reason: expect.stringContaining('"new"'),
    });
    expect(receiver.received).toEqual([]);
    await older.dataSource.destroy();
    await beside.dataSource.query('UPDATE model_hook_delivery SET next_at = now()');
    const newer = await start(BOTH, { url: older.url });
    await newer.hooks.idle();
    expect(await newer.hooks.deliveries.get(waits?.id ?? '')).toMatchObject({ status: 'done' });
  });

  it('leaves events whose targets open elsewhere to be planned there', async () => {
    const older = await start(OLD);
    const beside = await start(BOTH, { url: older.url, work: false });
    await waiting(beside, [{ url: `${receiver.url}/target`, secret: 'of a target' }]);
    await listen(older);
    await tell(older);
    expect(receiver.received.map(({ path }) => path)).toEqual(['/hook']);
    await older.dataSource.destroy();
    await (await start(BOTH, { url: older.url })).hooks.idle();
    expect(receiver.received.map(({ path }) => path)).toEqual(['/hook', '/target']);
  });
});

interface Scan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly Plans?: readonly Scan[];
}

/** What the check says, and how PostgreSQL reads our tables for it. */
async function checkedKeys(
  dataSource: DataSource,
  keys: EncryptionKeys,
): Promise<{ readonly error: unknown; readonly scans: readonly Scan[] }> {
  const scans: Scan[] = [];
  const explaining =
    (query: Query): Query =>
    async (sql, parameters) => {
      if (sql.startsWith('SET')) return query(sql);
      const [row] = await query<{ 'QUERY PLAN': [{ Plan: Scan }] }>(
        `EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`,
        parameters,
      );
      scans.push(...(row ? scansOf(row['QUERY PLAN'][0].Plan) : []));
      return query(sql, parameters);
    };
  const database = new Database(dataSource, 1);
  const snapshot: Database['snapshot'] = (work) =>
    database.snapshot((query) => work(explaining(query)));
  const error = await checkKeys({ snapshot }, tablesOf(dataSource), new Vault(keys)).catch(
    (refusal: unknown) => refusal,
  );
  return { error, scans };
}

function scansOf(plan: Scan): readonly Scan[] {
  const own = plan['Relation Name'] ? [plan] : [];
  return [...own, ...(plan.Plans ?? []).flatMap(scansOf)];
}
