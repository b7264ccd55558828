import type { DataSource } from 'typeorm';
import { grouped } from '../../lib/base/grouped';
import { deliveryId } from '../../lib/delivery/chunk/chunk';
import { HandledEntry, LedgerEntry } from './entities';
import type { Receipt } from './inbox';
import type { Wish } from './listeners';

export interface SavedWish {
  readonly wish: Wish;
  readonly listenerId: string;
}

export interface Findings {
  /** Number of events in the ledger. */
  readonly committed: number;
  /** Pairs of an event and a listener that wants it. */
  readonly deliveries: number;
  readonly requests: number;
  /** Requests that were not answered with 200. */
  readonly refused: number;
  /** Requests of deliveries that had already been accepted. */
  readonly repeats: number;
  /** Promises that were not kept. */
  readonly broken: readonly string[];
}

interface StoredEvent {
  readonly id: string;
  readonly event: string;
  readonly mark: string;
  readonly row_id: string | null;
  readonly planned: boolean;
  readonly skipped: string | null;
}

/** A delivery that must exist. */
interface Expected extends SavedWish {
  readonly entry: LedgerEntry;
  readonly rowId: string | null;
  isAccepted: boolean;
}

/** Compares the received requests and the rows of our tables with the ledger. */
export async function findings(
  dataSource: DataSource,
  wishes: readonly SavedWish[],
  requests: readonly Receipt[],
): Promise<Findings> {
  const receipts = [...requests, ...(await handledOnce(dataSource, wishes))];
  const ledger = await dataSource.manager.find(LedgerEntry);
  const events = await dataSource.query<StoredEvent[]>(
    `SELECT id, event, data->>'mark' AS mark, row_id, planned_at IS NOT NULL AS planned, skipped FROM model_hook_event`,
  );
  const entries = new Map(ledger.map((entry) => [keyOf(entry), entry]));
  const expected = expectedOf(entries, events, wishes);
  const read = readReceipts(receipts, expected);
  const missing = [...expected].filter(([, { isAccepted }]) => !isAccepted);
  return {
    committed: ledger.length,
    deliveries: expected.size,
    requests: requests.length,
    refused: requests.filter(({ isAccepted }) => !isAccepted).length,
    repeats: read.repeats,
    broken: [
      ...(await leftoverFaults(dataSource)),
      ...(await listenerFaults(dataSource)),
      ...captureFaults(entries, events),
      ...read.faults,
      ...missing.map(([id, pair]) => `Delivery ${id}, ${described(pair)}, was not accepted.`),
      ...(await recordFaults(dataSource, expected)),
      ...orderFaults(receipts, expected),
    ],
  };
}

/** Numbers of rows that are not finished yet. */
export async function leftovers(dataSource: DataSource): Promise<Readonly<Record<string, number>>> {
  const [left] = await dataSource.query<Record<string, number>[]>(
    `SELECT (SELECT count(*)::int FROM model_hook_event WHERE planned_at IS NULL) AS "unplanned events",
       (SELECT count(*)::int FROM model_hook_chunk) AS chunks,
       (SELECT count(*)::int FROM model_hook_delivery WHERE status NOT IN ('done', 'skipped', 'failed')
         OR next_at IS NOT NULL OR chunk_id IS NOT NULL) AS "open deliveries"`,
  );
  return left ?? {};
}

function keyOf({ event, mark }: Pick<LedgerEntry, 'event' | 'mark'>): string {
  return `${event} of ${mark}`;
}

function described({ entry, wish }: Expected): string {
  return `${keyOf(entry)} to "${wish.name}"`;
}

function expectedOf(
  entries: ReadonlyMap<string, LedgerEntry>,
  events: readonly StoredEvent[],
  wishes: readonly SavedWish[],
): ReadonlyMap<string, Expected> {
  const expected = new Map<string, Expected>();
  for (const event of events) {
    const entry = entries.get(keyOf(event));
    if (!entry) continue;
    for (const saved of wishes)
      if (saved.wish.wants(entry))
        expected.set(deliveryId(event.id, saved.listenerId), {
          ...saved,
          entry,
          rowId: event.row_id,
          isAccepted: false,
        });
  }
  return expected;
}

/** Each committed entry must have exactly one event, and no other event may exist. */
function captureFaults(
  entries: ReadonlyMap<string, LedgerEntry>,
  events: readonly StoredEvent[],
): readonly string[] {
  const counts = new Map<string, number>();
  for (const event of events) counts.set(keyOf(event), (counts.get(keyOf(event)) ?? 0) + 1);
  const lost = [...entries.keys()].filter((key) => !counts.has(key));
  const alien = [...counts.keys()].filter((key) => !entries.has(key));
  const twice = [...counts].filter(([, count]) => count > 1);
  const skipped = events.filter((event) => event.skipped !== null);
  return [
    ...lost.map((key) => `${key} was committed but has no event.`),
    ...alien.map((key) => `${key} is an event but was not committed.`),
    ...twice.map(([key, count]) => `${key} has ${count} events.`),
    ...skipped.map((event) => `${keyOf(event)} was skipped: ${event.skipped}.`),
  ];
}

/** The rows that the handler wrote, as accepted requests. */
async function handledOnce(
  dataSource: DataSource,
  wishes: readonly SavedWish[],
): Promise<readonly Receipt[]> {
  const listenerId = wishes.find(({ wish }) => wish.isExactlyOnce)?.listenerId ?? '';
  const rows = await dataSource.manager.find(HandledEntry);
  return rows.map(({ delivery, event, mark }) => ({
    deliveryId: delivery,
    listenerId,
    event,
    mark,
    isAccepted: true,
  }));
}

/** Marks the accepted deliveries. An unexpected `Hook-Delivery` comes from a rollback, or is a second one of its pair. */
function readReceipts(
  receipts: readonly Receipt[],
  expected: ReadonlyMap<string, Expected>,
): { readonly repeats: number; readonly faults: readonly string[] } {
  const faults: string[] = [];
  let repeats = 0;
  for (const receipt of receipts) {
    const found = expected.get(receipt.deliveryId);
    const isOfPair =
      found && keyOf(found.entry) === keyOf(receipt) && found.listenerId === receipt.listenerId;
    if (!isOfPair) {
      faults.push(`${keyOf(receipt)} arrived as ${receipt.deliveryId} to ${receipt.listenerId}.`);
      continue;
    }
    if (found.isAccepted && found.wish.isExactlyOnce)
      faults.push(`${described(found)} was handled twice.`);
    if (found.isAccepted) repeats += 1;
    found.isAccepted ||= receipt.isAccepted;
  }
  return { repeats, faults };
}

/** An ordered listener may get an event of a parcel only after it has accepted all earlier ones. */
function orderFaults(
  receipts: readonly Receipt[],
  expected: ReadonlyMap<string, Expected>,
): readonly string[] {
  const ordered = [...expected].filter(([, { wish }]) => wish.isOrdered);
  const open = new Map(grouped(ordered, ([, { rowId }]) => rowId));
  const faults: string[] = [];
  const accepted = new Set<string>();
  for (const { deliveryId: id, isAccepted } of receipts) {
    const pair = expected.get(id);
    if (!pair?.wish.isOrdered || accepted.has(id)) continue;
    const earlier = open.get(pair.rowId)?.find(([, { entry }]) => entry.place < pair.entry.place);
    if (earlier) faults.push(`${described(pair)} came before ${described(earlier[1])}.`);
    if (!isAccepted) continue;
    accepted.add(id);
    open.set(pair.rowId, open.get(pair.rowId)?.filter(([one]) => one !== id) ?? []);
  }
  return faults;
}

/** Each delivery must have a row with the status `done`. */
async function recordFaults(
  dataSource: DataSource,
  expected: ReadonlyMap<string, Expected>,
): Promise<readonly string[]> {
  const rows = await dataSource.query<{ id: string; status: string; reason: string | null }[]>(
    'SELECT id, status, reason FROM model_hook_delivery',
  );
  const recorded = new Set(rows.map(({ id }) => id));
  const wrong = rows.filter(({ id, status }) => status !== 'done' || !expected.has(id));
  const unrecorded = [...expected].filter(([id]) => !recorded.has(id));
  return [
    ...wrong.map(({ id, status, reason }) => `Delivery ${id} is stored as ${status}: ${reason}.`),
    ...unrecorded.map(([id, pair]) => `Delivery ${id}, ${described(pair)}, has no row.`),
  ];
}

export async function leftoverFaults(dataSource: DataSource): Promise<readonly string[]> {
  const left = Object.entries(await leftovers(dataSource)).filter(([, count]) => count > 0);
  return left.map(([what, count]) => `${count} ${what} are left.`);
}

async function listenerFaults(dataSource: DataSource): Promise<readonly string[]> {
  const rows = await dataSource.query<{ target: string; inactive_reason: string | null }[]>(
    'SELECT target, inactive_reason FROM model_hook_listener WHERE NOT active',
  );
  return rows.map(({ target, inactive_reason }) => `${target} was disabled: ${inactive_reason}.`);
}
