import type { DeliveryWhere, EventWhere, ListenerWhere, ModelHooks } from 'typeorm-model-hooks';
import type { Seeds } from './seeding';

export interface Case {
  readonly name: string;
  readonly run: () => Promise<unknown>;
}

type Wheres<Where> = Readonly<Record<string, Where>>;

const UNKNOWN = '00000000-0000-4000-8000-000000000000';
const DAY_MS = 86_400_000;
/** Pages of 1,000 before a place deep in the list of listeners. */
const DEEP_PAGES = 40;

/** Each filter of each list, pairs of filters, a place deep in each list, and what charts read. */
export async function casesOf(hooks: ModelHooks, seeds: Seeds): Promise<readonly Case[]> {
  return [
    ...(await listenerCases(hooks, seeds)),
    ...(await deliveryCases(hooks, seeds)),
    ...(await eventCases(hooks, seeds)),
    ...chartCases(hooks, seeds),
  ];
}

async function listenerCases(hooks: ModelHooks, { small }: Seeds): Promise<readonly Case[]> {
  const paired: Wheres<ListenerWhere> = {
    'owner small': { owner: small },
    'owner large': { owner: 'large' },
    'owner huge': { owner: 'huge' },
    'owner null': { owner: null },
    'hook common': { hook: 'order' },
    'hook rare': { hook: 'audit' },
    'pattern common': { pattern: 'order.*' },
    'pattern rare': { pattern: 'invoice.*' },
    active: { active: true },
    'not active': { active: false },
    key: { key: 'key-33333' },
    'key null': { key: null },
    target: { target: 'https://777.example.com' },
  };
  const wheres: Wheres<ListenerWhere> = {
    none: {},
    ...paired,
    'owner unknown': { owner: 'nobody' },
    'hook unknown': { hook: 'nothing' },
    'hook null': { hook: null },
    'pattern unknown': { pattern: '*' },
    'target unknown': { target: 'https://unknown.example.com' },
    ...pairsOf(paired),
  };
  const deep: Record<string, string | null> = {};
  for (const name of ['none', 'owner huge', 'hook common', 'active']) {
    let cursor: string | null = null;
    for (let page = 0; page < DEEP_PAGES; page += 1) {
      const options = { limit: 1_000, ...(cursor && { cursor }) };
      const { nextCursor } = await hooks.listeners.page(wheres[name], options);
      cursor = nextCursor ?? cursor;
    }
    deep[name] = cursor;
  }
  return [
    ...cases('listeners', wheres, (where) => hooks.listeners.page(where)),
    ...Object.entries(deep).map(([name, cursor]) => ({
      name: `listeners, ${name}, deep`,
      run: () => hooks.listeners.page(wheres[name], cursor ? { cursor } : {}),
    })),
  ];
}

async function deliveryCases(hooks: ModelHooks, seeds: Seeds): Promise<readonly Case[]> {
  const { hot, cold, wide, small } = seeds;
  const [since, until] = seeds.middle;
  const paired: Wheres<DeliveryWhere> = {
    'owner small': { owner: small },
    'owner large': { owner: 'large' },
    'owner huge': { owner: 'huge' },
    'owner hot': { owner: 'hot' },
    'listener hot': { listener: hot },
    'listener cold': { listener: cold },
    'listener unknown': { listener: UNKNOWN },
    'event common': { event: 'order.created' },
    'event rare': { event: 'order.refunded' },
    'event id': { event: wide },
    done: { status: 'done' },
    failed: { status: 'failed' },
    waiting: { status: 'waiting' },
    rescheduled: { status: 'rescheduled' },
    'one day': { since, until },
  };
  const wheres: Wheres<DeliveryWhere> = {
    none: {},
    ...paired,
    'owner unknown': { owner: 'nobody' },
    'event unknown': { event: 'nothing' },
    'event id unknown': { event: UNKNOWN },
    skipped: { status: 'skipped' },
    retrying: { status: 'retrying' },
    'before all': { until: new Date(0) },
    ...pairsOf(paired),
  };
  const deep = await deepCursors(wheres, async (where) => {
    const { nextCursor } = await hooks.deliveries.find({ ...where, until: since, limit: 1 });
    return nextCursor;
  });
  return [
    ...cases('deliveries', wheres, (where) => hooks.deliveries.find(where)),
    ...cases('deliveries', deep, (where) => hooks.deliveries.find(where)),
    ...cases('deliveries', { 'owner large, 1,000': { owner: 'large', limit: 1_000 } }, (where) =>
      hooks.deliveries.find(where),
    ),
  ];
}

async function eventCases(hooks: ModelHooks, seeds: Seeds): Promise<readonly Case[]> {
  const [since, until] = seeds.middle;
  const paired: Wheres<EventWhere> = {
    'owner common': { owner: 'large' },
    'owner rare': { owner: 'rare' },
    'hook common': { hook: 'order' },
    'hook rare': { hook: 'invoice' },
    'event common': { event: 'order.created' },
    'event rare': { event: 'order.refunded' },
    'one day': { since, until },
  };
  const wheres: Wheres<EventWhere> = {
    none: {},
    ...paired,
    ...pairsOf(paired),
    'limit 1,000': { limit: 1_000 },
  };
  const deep = await deepCursors(wheres, async (where) => {
    const { nextCursor } = await hooks.events.find({ ...where, until: since, limit: 1 });
    return nextCursor;
  });
  return cases('events', { ...wheres, ...deep }, (where) => hooks.events.find(where));
}

function chartCases(hooks: ModelHooks, { small }: Seeds): readonly Case[] {
  const ago = (days: number) => ({ since: new Date(Date.now() - days * DAY_MS) });
  const sinces = { 'an hour': {}, 'a day': ago(1), '30 days': ago(30) };
  const owners = { all: {}, small, large: 'large', huge: 'huge', hot: 'hot', unknown: 'nobody' };
  const charts = Object.entries(sinces).flatMap(([time, since]) =>
    Object.entries(owners).map(([name, owner]) => {
      const options = typeof owner === 'string' ? { ...since, owner } : since;
      return { name: `history of ${time}, ${name}`, run: () => hooks.history(options) };
    }),
  );
  return [...charts, { name: 'stats', run: () => hooks.stats() }];
}

function cases<Where>(
  list: string,
  wheres: Wheres<Where>,
  call: (where: Where) => Promise<unknown>,
): readonly Case[] {
  return Object.entries(wheres).map(([name, where]) => ({
    name: `${list}, ${name}`,
    run: () => call(where),
  }));
}

/** Two of different criteria each. */
function pairsOf<Where extends object>(wheres: Wheres<Where>): Wheres<Where> {
  const all = Object.entries(wheres);
  const pairs = all.flatMap(([name, one], n) =>
    all
      .slice(n + 1)
      .filter(([, other]) => !Object.keys(other).some((criterion) => criterion in one))
      .map(([otherName, other]) => [`${name} × ${otherName}`, { ...one, ...other }] as const),
  );
  return Object.fromEntries(pairs);
}

/** The same, behind a place in the middle of the time. */
async function deepCursors<Where extends object>(
  wheres: Wheres<Where>,
  cursorOf: (where: Where) => Promise<string | null>,
): Promise<Wheres<Where & { readonly cursor: string }>> {
  const deep: Record<string, Where & { readonly cursor: string }> = {};
  for (const [name, where] of Object.entries(wheres)) {
    const cursor = await cursorOf(where);
    if (cursor !== null) deep[`${name}, deep`] = { ...where, cursor };
  }
  return deep;
}
