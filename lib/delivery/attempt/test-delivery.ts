import { v4 as uuidv4 } from 'uuid';
import type { HookCatalog } from '../../hook/catalog';
import type { Listener } from '../../listener/declared/listener';
import type { TestResult } from '../../listener/declared/test-result';
import { unknownListener } from '../../listener/saved/saved-listeners';
import type { Policies } from '../../recipient/policies';
import type { Store } from '../../store/store';
import type { Vault } from '../../vault/vault';
import { UNTRIED } from '../chunk/outcome';
import { readRecipients } from '../chunk/recipients';
import { Clients } from '../http/clients';
import { type AttemptRecord, attempt, type PendingDelivery, unsendable } from './attempt';
import { sampleEvent } from './sample-event';
import type { SenderOptions } from './sender';

interface Surroundings {
  readonly store: Store;
  readonly catalog: HookCatalog;
  readonly policies: Policies;
  readonly options: { readonly delivery: SenderOptions; readonly vault: Vault };
}

/** Of no chunk: nobody records what comes of it. */
const NO_CHUNK = { id: '', token: '', eventIds: [], listenerIds: [] };

/** Sends a sample event to a listener at once, like any other event but for `Hook-Test: 1`; what comes of it is stored nowhere. */
export async function sendTest(
  { store, catalog, policies, options }: Surroundings,
  listener: Listener,
): Promise<TestResult> {
  const { delivery, vault } = options;
  const ids = new Set([listener.id]);
  const [recipient] = await readRecipients(store.recipients, vault, ids);
  if (!recipient) throw unknownListener(listener.id);
  const sample = sampleEvent(listener, catalog);
  const pending = {
    ...sample,
    recipient,
    chunk: NO_CHUNK,
    deliveryId: uuidv4(),
    state: UNTRIED,
    ordered: false,
    isTest: true,
  };
  // Of its own: it works where no engine runs, and leaves the connections of deliveries alone.
  const clients = new Clients(policies, { ...delivery, keepAlive: false });
  try {
    return resultOf(await sent(pending, clients, delivery));
  } finally {
    await clients.close();
  }
}

async function sent(
  pending: PendingDelivery,
  clients: Clients,
  options: SenderOptions,
): Promise<AttemptRecord> {
  const { signal } = new AbortController();
  try {
    const client = clients.for(pending.hook, pending.recipient.delivery.recipients);
    return (await attempt(pending, { client, options, signal })).record;
  } catch (error) {
    return unsendable(pending, error);
  }
}

function resultOf({ deliveryId, outcome, attempted }: AttemptRecord): TestResult {
  return {
    deliveryId,
    outcome: outcome.kind,
    reason: 'reason' in outcome ? outcome.reason : null,
    httpStatus: attempted?.httpStatus ?? null,
    durationMs: attempted?.durationMs ?? 0,
    response: attempted?.response ?? null,
  };
}
