import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { type AttachOptions, modelHookMigrations } from '../../../lib';
import { createDatabase, type Database } from '../../support/application/database';
import type { Envelope } from '../../support/application/receiving-flow';
import { until } from '../../support/application/waiting';
import {
  type PreviousRelease,
  unpackPreviousRelease,
} from '../../support/previous-release/tarball';
import { ReleaseChild } from '../../support/processes/release-child';
import { type Receiver, startReceiver } from '../../support/receivers/receiver';

type Name = 'previous' | 'this';

const THIS = join(__dirname, '../../../lib/index.ts');
const PATHS = ['/ordered', '/unordered'];
const PER_WRITE = 5;
/** Each row is inserted, updated and removed. */
const OPERATIONS = ['insert', 'update', 'remove'];
const SECONDS = 60_000;

let previous: PreviousRelease;
let database: Database;
let dataSource: DataSource;
let receiver: Receiver;
const children = new Set<ReleaseChild>();

beforeAll(() => {
  previous = unpackPreviousRelease();
});
afterAll(() => previous?.remove());

beforeEach(async () => {
  receiver = await startReceiver();
  database = await createDatabase();
  dataSource = new DataSource({
    type: 'postgres',
    url: database.url,
    migrations: [...modelHookMigrations],
  });
  await dataSource.initialize();
  await dataSource.runMigrations();
  await dataSource.query(
    "CREATE TABLE memo (id serial PRIMARY KEY, name varchar NOT NULL, note varchar NOT NULL DEFAULT '')",
  );
});
afterEach(async () => {
  for (const child of children) await child.kill();
  children.clear();
  await dataSource?.destroy();
  await database?.drop();
  await receiver?.close();
});

async function start(name: Name, attach: AttachOptions = {}): Promise<ReleaseChild> {
  const main = name === 'this' ? THIS : previous.main;
  const options = { url: database.url, main, attach: { sweepMs: 200, ...attach } };
  const child = await ReleaseChild.start(options);
  children.add(child);
  return child;
}

async function stop(child: ReleaseChild): Promise<void> {
  await child.stop();
  children.delete(child);
}

/** A listener that keeps the order, saved by one release, and one that does not, saved by the other. */
async function listen(...[first, second]: readonly [ReleaseChild, ReleaseChild]): Promise<void> {
  await first.tell({ kind: 'listen', url: receiver.url + PATHS[0], ordered: true });
  await second.tell({ kind: 'listen', url: receiver.url + PATHS[1], ordered: false });
}

let written: string[] = [];
beforeEach(() => {
  written = [];
});

async function write(child: ReleaseChild): Promise<void> {
  const names = Array.from({ length: PER_WRITE }, (_, n) => `${written.length + n}`);
  written.push(...names);
  await child.tell({ kind: 'write', names });
}

/** The events of each listener: `insert 3` for each request, in the order of arrival. */
function told(path: string): readonly string[] {
  const envelopes = receiver.received.filter((request) => request.path === path);
  return envelopes
    .map(({ body }) => body as Envelope)
    .map(({ operation, data }) => `${operation} ${data.name} ${data.size}`);
}

const expected = () =>
  written
    .flatMap((name) => OPERATIONS.map((operation) => `${operation} ${name} ${name.length}`))
    .sort();

/** Every event came once at each listener, in order where that was asked for, and nothing was switched off. */
async function checkAll(): Promise<void> {
  const count = PATHS.length * OPERATIONS.length * written.length;
  await until('everything is sent', () => receiver.received.length >= count);
  for (const child of children) await child.tell({ kind: 'idle' });
  for (const path of PATHS) expect([...told(path)].sort()).toEqual(expected());
  for (const name of written) {
    const ofRow = told('/ordered').filter((text) => text.split(' ')[1] === name);
    expect(ofRow.map((text) => text.split(' ')[0])).toEqual(OPERATIONS);
  }
  const [left] = await dataSource.query(
    `SELECT (SELECT count(*)::int FROM model_hook_event WHERE planned_at IS NULL OR skipped IS NOT NULL) AS events,
       (SELECT count(*)::int FROM model_hook_delivery WHERE status <> 'done') AS deliveries,
       (SELECT count(*)::int FROM model_hook_listener WHERE NOT active) AS listeners`,
  );
  expect(left).toEqual({ events: 0, deliveries: 0, listeners: 0 });
  expect([...children].flatMap(({ errors }) => errors)).toEqual([]);
}

describe('the previous release beside this one', () => {
  it.each<{ captures: Name; works: Name }>([
    { captures: 'previous', works: 'this' },
    { captures: 'this', works: 'previous' },
  ])(
    'Events that the release "$captures" captured are planned and sent by "$works"',
    async ({ captures, works }) => {
      const writer = await start(captures, { work: false });
      const worker = await start(works);
      await listen(writer, worker);
      await write(writer);
      await checkAll();
    },
    SECONDS,
  );

  it(
    'Nothing is lost, doubled or switched off while processes are replaced one by one and back',
    async () => {
      const running = [await start('previous'), await start('previous')];
      await listen(running[0] as ReleaseChild, running[1] as ReleaseChild);
      for (const name of ['this', 'previous', 'this'] as const) {
        await Promise.all(running.map(write));
        await stop(running.shift() as ReleaseChild);
        running.push(await start(name));
        for (const child of running) await write(child);
      }
      await checkAll();
    },
    2 * SECONDS,
  );
});
