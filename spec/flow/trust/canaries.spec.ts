import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { ModelHooks, type ReportName, secret } from '../../../lib';
import { TABLE_NAMES, tableName } from '../../../lib/store/table-names';
import {
  type Application,
  SPEC_KEYS,
  startApplication,
} from '../../support/application/application';
import { until } from '../../support/application/waiting';
import {
  Account,
  Careless,
  Coded,
  Job,
  PIN,
  place,
  SECRETS,
} from '../../support/entities/canary-entities';
import { type Receiver, type Respond, startReceiver } from '../../support/receivers/receiver';
import { Seen } from '../../support/receivers/seen';

const REPORTS = {
  captured: 0,
  attempt: 0,
  outcome: 0,
  listenerDisabled: 0,
} satisfies Record<ReportName, 0>;

/** Answers with all that it was sent, as some do who want to help. */
const repeat: Respond = ({ path, headers }, response) => {
  const said = `got\n${JSON.stringify(headers)} and ${headers.authorization}`;
  if (path === '/refuses') response.statusCode = 500;
  response.end(
    JSON.stringify({
      status: path === '/fails' ? 'failure' : 'success',
      reason: said,
      retval: said,
    }),
  );
};

let seen: Seen;
let application: Application;
let receiver: Receiver;
const channels = Object.keys(REPORTS).map((name) => `typeorm-model-hooks:${name}`);
const onReport = (report: unknown): void => seen.note(report);
const streams = ['log', 'info', 'warn', 'error', 'debug'] as const;

/** The rows of our tables, table by table. */
async function dump(): Promise<Readonly<Record<string, readonly string[]>>> {
  const tables = TABLE_NAMES.map(async (name) => {
    const rows = await application.dataSource.query<{ row: string }[]>(
      `SELECT t::text AS row FROM ${tableName(name)} t`,
    );
    return [name, rows.map(({ row }) => row)] as const;
  });
  return Object.fromEntries(await Promise.all(tables));
}

/** Saves, removes and deliveries of every sort, most of which go wrong. */
async function live(): Promise<void> {
  const { dataSource, hooks } = application;
  const { manager } = dataSource;
  const accounts = hooks.for(Account);
  const headers = { Authorization: secret(`Bearer ${SECRETS.header}`) };
  const delivery = { retries: 0 };
  const listen = (path: string, options = {}) =>
    accounts.listener({ url: place.origin + path, headers, delivery, ...options }).save();

  const { id } = await listen('/rotated', { secret: SECRETS.former });
  seen.note(await hooks.listeners.rotateSecret(id, { secret: 'shown to who asked' }));
  for (const path of ['/fails', '/refuses']) await listen(path, { secret: SECRETS.given });
  const updated = await listen('/', { secret: SECRETS.given, key: 'k' });
  seen.note(
    await hooks.listeners.update(updated.id, { config: { a: 1 }, url: `${place.origin}/moved` }),
  );
  for (const hook of ['coded', 'unreadable', 'job'])
    await hooks.get(hook).listener(place.origin).save();

  await refusals();
  await failingDatabase();

  const account = await manager.save(Account, { name: 'one', pin: PIN });
  await manager.save(Account, { ...account, name: 'two', pin: `${PIN} 2` });
  await manager.remove(Account, Object.assign(new Account(), account));
  await manager.save(Careless, { name: 'lost', pin: PIN });
  await manager.save(Coded, { name: 'unread', code: 'c', pin: PIN });
  await manager.save(Job, [
    { name: 'good', pin: PIN },
    { name: 'bad', pin: PIN },
  ]);
  await hooks.idle();

  await dataSource.query("UPDATE model_hook_listener SET secret = 'enc:v1:x:AA' WHERE id = $1", [
    id,
  ]);
  await manager.save(Account, { name: 'after', pin: PIN });
  await hooks.idle();
  await hooks.listeners.reencrypt().catch(seen.note);
  seen.note(await hooks.listeners.find(), await hooks.stats());
  const { items } = await hooks.deliveries.find({ limit: 1_000 });
  for (const one of items) seen.note(await hooks.deliveries.get(one.id));
  const [{ eventId = '' } = {}] = items;
  seen.note(await hooks.listeners.explain(eventId, updated));
}

/** Listeners and options that are not taken. */
async function refusals(): Promise<void> {
  const { hooks, dataSource } = application;
  const accounts = hooks.for(Account);
  const save = (options: object) =>
    accounts.listener({ url: 'https://example.com', ...options }).save();
  const { refused } = SECRETS;
  for (const options of [
    { secret: `${refused}\0` },
    { secret: refused.repeat(100) },
    { secret: refused, digest: 'md5' },
    { secret: refused, headers: { 'Hook-HMAC': secret(refused) } },
    { headers: { 'X-A': secret(`${refused}\r\nX-B: 1`) } },
    { secret: refused, url: 'http://10.0.0.1/' },
    { secret: refused, typo: refused },
  ])
    await seen.refused(save(options));
  await seen.refused(
    accounts
      .listener(place.origin)
      .match({ pin: PIN } as object)
      .save(),
  );
  await seen.refused(hooks.listeners.rotateSecret('nobody', { secret: refused }));
  const encryptionKeys = { k: SECRETS.key, [SECRETS.key]: 'k' };
  const other = Object.create(dataSource) as typeof dataSource;
  await seen.refused(ModelHooks.attach(other, { encryptionKeys }));
}

/** The database refuses rows, quoting them. */
async function failingDatabase(): Promise<void> {
  const { dataSource, hooks } = application;
  const refuse = (table: string, check: string) =>
    dataSource.query(
      `ALTER TABLE model_hook_${table} ADD CONSTRAINT refused CHECK (${check}) NOT VALID`,
    );
  const accept = (table: string) =>
    dataSource.query(`ALTER TABLE model_hook_${table} DROP CONSTRAINT refused`);
  await refuse('listener', "target NOT LIKE '%example.org%'");
  const url = 'https://example.org/';
  await seen.refused(hooks.for(Account).listener({ url, secret: SECRETS.given }).save());
  await accept('listener');
  await refuse('delivery', 'response IS NULL');
  await dataSource.manager.save(Account, { name: 'refused', pin: PIN });
  await until('outcomes were refused', () =>
    seen.texts.some((text) => text.includes('refused an outcome')),
  );
  await accept('delivery');
  const rename = (from: string, to: string) =>
    dataSource.query(`ALTER TABLE model_hook_delivery RENAME COLUMN ${from} TO ${to}`);
  await rename('retval', 'gone');
  await dataSource.manager.save(Account, { name: 'unrecorded', pin: PIN });
  await until('the outcomes could not be recorded', () =>
    seen.texts.some((text) => text.includes('could not be recorded')),
  );
  await rename('gone', 'retval');
  await refuse('chunk', 'false');
  await dataSource.manager.save(Account, { name: 'unplanned', pin: PIN });
  await until('the events could not be planned', () =>
    seen.texts.some((text) => text.includes('could not be planned')),
  );
  await accept('chunk');
}

describe.each([
  { keys: 'keys', encryptionKeys: SPEC_KEYS, sealed: true },
  { keys: 'no keys', encryptionKeys: {}, sealed: false },
])('secret values with $keys', ({ encryptionKeys, sealed }) => {
  beforeAll(async () => {
    seen = new Seen();
    receiver = await startReceiver(repeat);
    place.origin = receiver.url;
    for (const stream of streams) jest.spyOn(console, stream).mockImplementation(seen.note);
    jest.spyOn(process, 'emitWarning').mockImplementation((...facts) => seen.note(...facts));
    for (const channel of channels) subscribe(channel, onReport);
    application = await startApplication({
      entities: [Account, Careless, Coded, Job],
      dataSource: { logging: 'all', logger: seen.typeormLogger, maxQueryExecutionTime: 0.001 },
      attach: { encryptionKeys, onCaptureError: 'log', sweepMs: 100, logger: seen.logger },
    });
    await live();
  }, 60_000);
  afterAll(async () => {
    jest.restoreAllMocks();
    for (const channel of channels) unsubscribe(channel, onReport);
    await application.stop();
    await receiver.close();
  });

  it('Secret values are in no log line, error, report or answer', () => {
    expect(linesWith(seen.texts, CANARIES)).toEqual([]);
  });

  it('Secret values are in none of our tables if keys are given', async () => {
    for (const [name, rows] of Object.entries(await dump())) {
      const isPlain = !sealed && (name === 'listener' || name === 'event');
      const found = linesWith(rows, isPlain ? [PIN] : CANARIES);
      expect([name, ...found]).toEqual([name]);
    }
  });

  it('Secret values are in no body', () => {
    const bodies = receiver.received.map(({ raw }) => raw.toString());
    expect(bodies.join()).toContain('"one"');
    expect(linesWith(bodies, CANARIES)).toEqual([]);
  });

  it('The secret values were sent to recipients, and each kind of log line was written', () => {
    const sent = receiver.received.map(({ headers }) => JSON.stringify(headers)).join();
    expect(sent).toContain(SECRETS.header);
    expect(sent).toContain(SECRETS.targetHeader);
    const said = [
      'An event was dropped',
      'are left to other processes',
      'A resolved target of event',
      'The database refused an outcome',
      'Outcomes could not be recorded',
      'Events could not be planned',
      'do not open',
      'INSERT INTO "public"."model_hook_event"',
      '[secret]',
      'httpStatus: 500',
    ];
    const all = seen.texts.join('\n');
    expect(said.filter((text) => !all.includes(text))).toEqual([]);
  });
});

const CANARIES = [PIN, ...Object.values(SECRETS)];

function linesWith(texts: readonly string[], canaries: readonly string[]): readonly string[] {
  const lines = texts.flatMap((text) => text.split('\n'));
  return lines.filter((line) => canaries.some((canary) => line.includes(canary)));
}
