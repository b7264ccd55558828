import { grouped } from '../../base/grouped';
import {
  CANDIDATES_PER_PAGE,
  type CandidateRow,
  type KeyedCandidateRow,
  type ScopeRow,
} from '../../store/candidates';
import type { LaterRows } from '../../store/later-rows';
import type { Store } from '../../store/store';
import type { WantedEvents } from '../declared/listener';
import { type KeyShape, keyText, shapeName } from '../keys/match-key';
import { GramSet } from './gram-set';
import type { Probes, RangeProbe, StoredGrams } from './keys-of-event';

/** A listener that may want some events of a batch. */
export interface Candidate extends Omit<CandidateRow, 'match'>, WantedEvents {}

/** A listener, and the events of the batch that have the key or range that it was found by. */
export interface Found {
  /** Positions in the batch. Null: all events, because the listener was found without keys. */
  readonly events: readonly number[] | null;
  readonly listener: Candidate;
}

export interface KeyShapes {
  readonly shapes: readonly KeyShape[];
  /** Some listeners have no match keys of today's version. */
  readonly hasUnkeyed: boolean;
}

const KEYS_AT_ONCE = 10_000;
const LOWEST_ID = '00000000-0000-0000-0000-000000000000';

/** The key shapes of some scopes, asked for in the statement before the one that needs them. */
export interface ShapesAhead {
  readonly scopes: ReadonlySet<string>;
  readonly later: LaterRows<ScopeRow>;
}

/** The key shapes of these scopes, each once. */
export async function keyShapes(
  store: Store,
  scopes: readonly string[],
  ahead: ShapesAhead | null = null,
): Promise<KeyShapes> {
  const known = ahead && scopes.every((scope) => ahead.scopes.has(scope)) && ahead.later.arrived;
  const rows = known ? known.rows : await store.candidates.shapes(scopes);
  const wanted = rows.filter(({ id, scope }) => id !== null && scopes.includes(scope));
  // The columns hold only shapes that were made here.
  const byName = new Map((wanted as readonly KeyShape[]).map((one) => [shapeName(one), one]));
  return { shapes: [...byName.values()], hasUnkeyed: rows.some(({ unkeyed }) => unkeyed) };
}

/** The stored grams of the shapes with these prefixes. Shapes with more than `limit` grams are left out. */
export async function storedGrams(
  store: Store,
  prefixes: readonly string[],
  limit: number,
): Promise<StoredGrams> {
  const lowest = prefixes.map((prefix) => keyText(prefix, 0));
  const rows = await store.candidates.values(lowest, limit + 1);
  const found = new Map(rows.map(({ n, size, values }) => [Number(n), { size, values }]));
  const stored = prefixes.map((prefix, n) => [prefix, found.get(n + 1)] as const);
  return new Map(
    stored
      .filter(([, grams]) => !grams || grams.size <= limit)
      .map(([prefix, grams]) => [prefix, new GramSet(grams ? integers(grams.values) : [])]),
  );
}

/** Pages of candidates. A listener may be found more than once. */
export async function* candidatesOf(
  store: Store,
  probes: Probes,
  hasUnkeyed: boolean,
): AsyncGenerator<readonly Found[]> {
  for (let at = 0; at < probes.keys.length; at += KEYS_AT_ONCE) yield* byKey(store, probes, at);
  for (const range of probes.ranges) yield* inRange(store, range);
  if (hasUnkeyed) yield* withoutKeys(store);
}

/** A key to look for: its position among the probes, and the last listener that was found by it. */
interface KeyProbe {
  readonly probe: number;
  readonly after: string;
}

async function* byKey(
  { candidates }: Store,
  { keys, eventsOfKey }: Probes,
  first: number,
): AsyncGenerator<readonly Found[]> {
  const count = Math.min(KEYS_AT_ONCE, keys.length - first);
  let wanted: KeyProbe[] = Array.from({ length: count }, (_, n) => ({
    probe: first + n,
    after: LOWEST_ID,
  }));
  for (let isFurther = false; wanted.length > 0; isFurther = true) {
    const asked = wanted;
    const rows = await candidates.byKey(
      asked.map(({ probe }) => keys[probe] ?? ''),
      isFurther ? asked.map(({ after }) => after) : null,
    );
    const probeOf = (n: string) => asked[Number(n) - 1]?.probe ?? 0;
    yield found(rows, ({ n }) => eventsOfKey[probeOf(n)] ?? []);
    wanted = unfinished(rows).map(({ n, after }) => ({ probe: probeOf(n), after }));
  }
}

async function* inRange(
  { candidates }: Store,
  range: RangeProbe,
): AsyncGenerator<readonly Found[]> {
  const highest = keyText(range.prefix, range.high);
  let after: Pick<KeyedCandidateRow, 'key' | 'listener_id'> | undefined = {
    key: keyText(range.prefix, range.low),
    listener_id: LOWEST_ID,
  };
  while (after) {
    const rows: readonly KeyedCandidateRow[] = await candidates.inRange(after, highest);
    yield found(rows, ({ key }) => eventsWithin(range, Number(key.slice(range.prefix.length))));
    after = rows.length === CANDIDATES_PER_PAGE ? rows.at(-1) : undefined;
  }
}

async function* withoutKeys({ candidates }: Store): AsyncGenerator<readonly Found[]> {
  let after: string | undefined = LOWEST_ID;
  while (after !== undefined) {
    const rows: readonly CandidateRow[] = await candidates.withoutKeys(after);
    yield rows.map((listener) => ({ events: null, listener: listener as Candidate }));
    after = rows.length === CANDIDATES_PER_PAGE ? rows.at(-1)?.id : undefined;
  }
}

function found(
  rows: readonly KeyedCandidateRow[],
  eventsOf: (row: KeyedCandidateRow) => readonly number[],
): readonly Found[] {
  return rows.flatMap((row) =>
    // The columns hold only what validation accepted.
    row.id === null ? [] : [{ events: eventsOf(row), listener: row as Candidate }],
  );
}

/** The keys for which a full page was returned, and the last listener of each. */
function unfinished(
  rows: readonly KeyedCandidateRow[],
): readonly { readonly n: string; readonly after: string }[] {
  const byPosition = grouped(rows, ({ n }) => n);
  return [...byPosition]
    .filter(([, page]) => page.length === CANDIDATES_PER_PAGE)
    .map(([n, page]) => ({ n, after: lastOf(page) }));
}

function lastOf(rows: readonly KeyedCandidateRow[]): string {
  return rows.reduce((last, { listener_id: id }) => (id > last ? id : last), LOWEST_ID);
}

/** Eight bytes each, most significant first, as `int8send` writes them. */
function integers(bytes: Buffer): number[] {
  return Array.from({ length: bytes.length / 8 }, (_, n) => Number(bytes.readBigInt64BE(n * 8)));
}

function eventsWithin({ bounds }: RangeProbe, value: number): readonly number[] {
  const within = bounds.filter(({ low, high }) => low <= value && value <= high);
  return [...new Set(within.map(({ event }) => event))];
}
