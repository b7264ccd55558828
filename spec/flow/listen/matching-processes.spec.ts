import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { contains, endsWith, type HookEvent, startsWith } from '../../../lib';
import { MatchingFlow, SHARED } from '../../support/application/matching-flow';
import { until } from '../../support/application/waiting';
import { Everything, TYPES } from '../../support/entities/matching-entities';
import { rowEvent } from '../../support/entities/matching-rows';
import type { Draft } from '../../support/oracle/matching-arbitraries';
import { wants } from '../../support/oracle/oracle';
import type { Log, MatchingOptions, Version } from '../../support/processes/matching-process';

const PROCESSES = 8;
const STEPS = 90;
const URL = 'http://127.0.0.1:9';

let flow: MatchingFlow;
const children: ChildProcess[] = [];

beforeEach(async () => {
  flow = await MatchingFlow.start();
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await flow?.stop();
});

describe('a listener', () => {
  it('A listener that is saved in a transaction receives only events after its commit', async () => {
    const { dataSource, hooks } = flow.application;
    const event = texting('abcdefgh');
    await dataSource.transaction(async (manager) => {
      const builder = hooks
        .for(Everything)
        .listener(URL)
        .match({ text: contains('cdef') });
      await builder.save({ manager });
      expect(await hearers(event)).toEqual([]);
    });
    expect(await hearers(event)).toHaveLength(1);
  });

  it('A listener with a new plan does not wait for another one with the same plan', async () => {
    const { dataSource, hooks } = flow.application;
    const save = async (path: string, between: () => Promise<void>) => {
      await dataSource.transaction(async (manager) => {
        const target = `${URL}/${path}`;
        await hooks
          .for(Everything)
          .listener(target)
          .match({ text: startsWith('abc') })
          .save({ manager });
        await between();
      });
    };
    await save('first', () => save('second', async () => undefined));
    expect(await hearers(texting('abcdefgh'))).toHaveLength(2);
  });

  it('A listener whose keys change is found for an event that matches before and after', async () => {
    const listeners = flow.hooks.for(Everything).listener(URL);
    const { id } = await listeners.match({ text: startsWith('abc') }).save();
    let isChanging = true;
    const changing = (async () => {
      for (let n = 0; n < 60; n += 1)
        await flow.hooks.listeners.update(id, {
          match: {
            text: [endsWith('fgh'), contains('cdef'), startsWith('ab')][n % 3] ?? 'abcdefgh',
          },
        });
      isChanging = false;
    })();
    let asked = 0;
    for (; isChanging; asked += 1) expect(await hearers(texting('abcdefgh'))).toEqual([id]);
    await changing;
    expect(asked).toBeGreaterThan(20);
  });
});

describe('eight processes that save, edit, reindex and match at once', () => {
  it('Eight busy processes miss no listener and find none that does not match', async () => {
    const anything: Draft = {
      hook: 'other',
      pattern: null,
      operations: null,
      owner: null,
      match: [],
    };
    await flow.hooks.listeners.saveMany(SHARED.map((key) => flow.builder(anything, key)));
    const logs = await run();
    await until('all is planned', async () => (await flow.hooks.stats()).events.waiting === 0);
    const versions = grouped(logs.flatMap((log) => log.versions));
    const judged = { planned: 0, matched: 0, told: 0 };
    const plannedAt = await planningTimes();
    const pairs = await plannedPairs();
    for (const { event, committedAfter } of logs.flatMap((log) => log.events)) {
      const listenerIds = pairs.get(event.id) ?? new Set();
      const at = { event, from: committedAfter, until: plannedAt.get(event.id) ?? 0, listenerIds };
      judged.planned += judge(at, versions);
      judged.told += listenerIds.size;
    }
    for (const { listenerIds, ...match } of logs.flatMap((log) => log.matches))
      judged.matched += judge({ ...match, listenerIds: new Set(listenerIds) }, versions);
    for (const { event } of logs.flatMap((log) => log.events).slice(0, 20))
      expect(await hearers(event)).toEqual(await explained(event));
    expect(judged.planned).toBeGreaterThan(10_000);
    expect(judged.matched).toBeGreaterThan(10_000);
    expect(judged.told).toBeGreaterThan(1_000);
  }, 60_000);
});

async function hearers(event: HookEvent): Promise<readonly string[]> {
  const listeners = await flow.hooks.listeners.matching(event);
  return listeners.map(({ id }) => id);
}

/** Whom `explain` says the event is for. */
async function explained(event: HookEvent): Promise<readonly string[]> {
  const { listeners } = flow.hooks;
  const explained: string[] = [];
  for (const { id } of await listeners.find({ active: true }))
    if ((await listeners.explain(event, id)).matches) explained.push(id);
  return explained;
}

function texting(text: string): HookEvent {
  return rowEvent('insert', '0190a0b0-0000-7000-8000-000000000000', { text }, null);
}

/** Starts them all, lets them loose together, and gives what they did. */
async function run(): Promise<readonly Log[]> {
  for (let seed = 0; seed < PROCESSES; seed += 1) {
    const options: MatchingOptions = { url: flow.application.url, seed, steps: STEPS };
    const child = fork(
      join(__dirname, '../../support/processes/matching-process.ts'),
      [JSON.stringify(options)],
      {
        execArgv: ['--import', 'tsx'],
        // Keeps bigints, dates and halves of surrogate pairs.
        serialization: 'advanced',
      },
    );
    children.push(child);
  }
  await Promise.all(children.map(answer));
  const logs = Promise.all(children.map(answer));
  for (const child of children) child.send('go');
  return (await logs) as readonly Log[];
}

async function answer(child: ChildProcess): Promise<unknown> {
  const died = once(child, 'exit').then(() => {
    throw new Error('A process died; what it said is above.');
  });
  const [message] = await Promise.race([once(child, 'message'), died]);
  return message;
}

function grouped(versions: readonly Version[]): ReadonlyMap<string, readonly Version[]> {
  const byListener = new Map<string, Version[]>();
  for (const version of versions)
    byListener.set(version.listenerId, [...(byListener.get(version.listenerId) ?? []), version]);
  return byListener;
}

interface Told {
  readonly event: HookEvent;
  /** Whoever had saved before that must be told, unless he changed before `until`. */
  readonly from: number;
  readonly until: number;
  readonly listenerIds: ReadonlySet<string>;
}

/** Throws where a listener is missing or wrong; gives the number of listeners of whom that was certain. */
function judge(
  { event, from, until, listenerIds }: Told,
  listeners: ReadonlyMap<string, readonly Version[]>,
): number {
  let certain = 0;
  for (const [id, versions] of listeners) {
    const isTold = listenerIds.has(id);
    const wishes = versions.map(({ wish }) => wish !== null && wants(wish, event, TYPES));
    const lasting = versions.findIndex((version) => version.from < from && version.until > until);
    if (lasting >= 0) certain += 1;
    const expected = lasting >= 0 ? wishes[lasting] : isTold && wishes.includes(true);
    if (isTold !== expected)
      throw new Error(
        inspect({ id, isTold, event, from, until, versions }, { depth: null, breakLength: 160 }),
      );
  }
  return certain;
}

/** When each event was planned, rounded up to milliseconds. */
async function planningTimes(): Promise<ReadonlyMap<string, number>> {
  const rows: readonly { id: string; at: number }[] = await flow.application.dataSource.query(
    'SELECT id, ceil(extract(epoch FROM planned_at) * 1000)::float8 AS at FROM model_hook_event',
  );
  return new Map(rows.map(({ id, at }) => [id, at]));
}

async function plannedPairs(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const rows: readonly { event: string; listeners: string[] }[] =
    await flow.application.dataSource.query(
      `SELECT p.event, array_agg(p.listener::text) AS listeners
       FROM model_hook_chunk c, unnest(c.event_ids, c.listener_ids) p(event, listener) GROUP BY p.event`,
    );
  return new Map(rows.map(({ event, listeners }) => [event, new Set(listeners)]));
}
