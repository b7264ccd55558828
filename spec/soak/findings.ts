import type { DataSource } from 'typeorm';
import { grouped } from '../../lib/base/grouped';
import { LedgerEntry } from '../chaos/entities';
import { leftoverFaults } from '../chaos/findings';
import type { Endpoint } from './endpoints';
import type { Receipt } from './inbox';

export interface Findings {
  /** Number of events in the ledger. */
  readonly committed: number;
  /** Pairs of an event and a listener that wants and accepts it. */
  readonly deliveries: number;
  readonly requests: number;
  /** Requests that were not accepted. */
  readonly refused: number;
  /** Requests of deliveries that had already been accepted. */
  readonly repeats: number;
  /** Promises that were not kept. */
  readonly broken: readonly string[];
}

type Endpoints = ReadonlyMap<string, Endpoint>;

/** A listener, and what it has accepted by the keys of ledger entries. */
interface Account {
  readonly endpoint: Endpoint;
  readonly accepted: Set<string>;
}

/** Compares the received requests with the ledger. Most rows of our tables are pruned by then. */
export async function findings(
  dataSource: DataSource,
  endpoints: Endpoints,
  receipts: readonly Receipt[],
): Promise<Findings> {
  const entries = await dataSource.manager.find(LedgerEntry);
  const ledger = new Map(entries.map((entry) => [keyOf(entry), entry]));
  const accounts = new Map(
    [...endpoints].map(([id, endpoint]) => [id, { endpoint, accepted: new Set<string>() }]),
  );
  const read = readReceipts(receipts, ledger, accounts);
  const accepting = [...accounts.values()].filter(({ endpoint }) => endpoint.accepts);
  const wanted = accepting.flatMap((account) => wantedBy(account, entries));
  return {
    committed: entries.length,
    deliveries: wanted.length,
    requests: receipts.length,
    refused: receipts.filter(({ isAccepted }) => !isAccepted).length,
    repeats: read.repeats,
    broken: [
      ...(await leftoverFaults(dataSource)),
      ...(await listenerFaults(dataSource, endpoints)),
      ...read.faults,
      ...wanted
        .filter(({ isAccepted }) => !isAccepted)
        .map(({ key, name }) => `${key} was not accepted by "${name}".`),
      ...orderFaults(entries, endpoints, receipts),
    ],
  };
}

/** Notes what was accepted. A request about an event that is not in the ledger comes from a rollback. */
function readReceipts(
  receipts: readonly Receipt[],
  ledger: ReadonlyMap<string, LedgerEntry>,
  accounts: ReadonlyMap<string, Account>,
): { readonly repeats: number; readonly faults: readonly string[] } {
  const faults: string[] = [];
  let repeats = 0;
  for (const receipt of receipts) {
    const key = keyOf(receipt);
    const entry = ledger.get(key);
    const account = accounts.get(receipt.listenerId);
    if (!entry) faults.push(`${key} arrived but was not committed.`);
    if (!entry || !account) continue;
    const { endpoint, accepted } = account;
    if (!endpoint.wants(entry)) faults.push(`${key} arrived at "${endpoint.name}".`);
    if (accepted.has(key)) repeats += 1;
    if (receipt.isAccepted) accepted.add(key);
  }
  return { repeats, faults };
}

function wantedBy({ endpoint, accepted }: Account, entries: readonly LedgerEntry[]) {
  const { name } = endpoint;
  return entries
    .filter((entry) => endpoint.wants(entry))
    .map((entry) => ({ name, key: keyOf(entry), isAccepted: accepted.has(keyOf(entry)) }));
}

/** An ordered listener may get an event of a parcel only after it has accepted all earlier ones. */
function orderFaults(
  entries: readonly LedgerEntry[],
  endpoints: Endpoints,
  receipts: readonly Receipt[],
): readonly string[] {
  const ordered = [...endpoints].filter(([, { isOrdered }]) => isOrdered);
  return ordered.flatMap(([id, { name, wants }]) => {
    const wanted = entries.filter(wants);
    const own = receipts.filter(({ listenerId }) => listenerId === id);
    return placeFaults(wanted, own).map((fault) => `${fault} at "${name}".`);
  });
}

function placeFaults(
  entries: readonly LedgerEntry[],
  receipts: readonly Receipt[],
): readonly string[] {
  const open = new Map(grouped(entries, ({ parcelId }) => parcelId));
  const closed = new Set<string>();
  const byKey = new Map(entries.map((entry) => [keyOf(entry), entry]));
  const faults: string[] = [];
  for (const receipt of receipts) {
    const key = keyOf(receipt);
    const entry = byKey.get(key);
    if (!entry || closed.has(key)) continue;
    const others = open.get(entry.parcelId) ?? [];
    const earlier = others.find(({ place }) => place < entry.place);
    if (earlier) faults.push(`${key} came before ${keyOf(earlier)}`);
    if (!receipt.isAccepted) continue;
    closed.add(key);
    open.set(
      entry.parcelId,
      others.filter((other) => other !== entry),
    );
  }
  return faults;
}

/** Only listeners that never accept anything may be disabled. */
async function listenerFaults(
  dataSource: DataSource,
  endpoints: Endpoints,
): Promise<readonly string[]> {
  const rows = await dataSource.query<{ id: string; inactive_reason: string | null }[]>(
    'SELECT id, inactive_reason FROM model_hook_listener WHERE NOT active',
  );
  return rows
    .filter(({ id }) => endpoints.get(id)?.accepts !== false)
    .map(
      ({ id, inactive_reason }) => `"${endpoints.get(id)?.name}" was disabled: ${inactive_reason}.`,
    );
}

function keyOf({ event, mark }: Pick<LedgerEntry, 'event' | 'mark'>): string {
  return `${event} ${mark}`;
}
