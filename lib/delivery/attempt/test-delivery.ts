import { v4 as uuidv4 } from 'uuid';
import type { HookCatalog } from '../../hook/catalog';
import type { Listener } from '../../listener/declared/listener';
import { parseTarget } from '../../listener/declared/target';
import type { TestResult } from '../../listener/declared/test-result';
import { unknownListener } from '../../listener/saved/saved-listeners';
import type { Policies } from '../../recipient/policies';
import type { Store } from '../../store/store';
import type { Vault } from '../../vault/vault';
import { UNTRIED } from '../chunk/outcome';
import { readRecipients } from '../chunk/recipients';
import { attempt } from './attempt';
import { type AttemptRecord, type PendingDelivery, unsendable } from './pending';
import { sampleEvent } from './sample-event';
import type { SenderOptions } from './sender';
import { Transports } from './transports';

interface TestParts {
  readonly store: Store;
  readonly catalog: HookCatalog;
  readonly policies: Policies;
  readonly options: { readonly delivery: SenderOptions; readonly vault: Vault };
}

/** A test belongs to no chunk; its outcome is not stored. */
const NO_CHUNK = { id: '', token: '', eventIds: [], listenerIds: [] };
/** A sample is never too large on purpose, so the log is not warned of it. */
const NO_WARNINGS = { warn: () => undefined };

/**
 * Sends a sample event to a listener at once, like any other event except for the header `Hook-Test: 1`. The outcome is returned and not
 * stored.
 */
export async function sendTest(
  { store, catalog, policies, options }: TestParts,
  listener: Listener,
): Promise<TestResult> {
  const { delivery, vault } = options;
  const [recipient] = await readRecipients(store.recipients, vault, new Set([listener.id]));
  if (!recipient) throw unknownListener(listener.id);
  const pending = {
    ...sampleEvent(listener, catalog),
    recipient,
    target: parseTarget(recipient.target),
    chunk: NO_CHUNK,
    deliveryId: uuidv4(),
    state: UNTRIED,
    ordered: false,
    isTest: true,
  };
  // Transports of its own: a test works in processes without an engine, and uses no connection of a delivery.
  const transports = new Transports(policies, { ...delivery, keepAlive: false });
  try {
    return resultOf(await sent(pending, transports, delivery));
  } finally {
    await transports.close();
  }
}

async function sent(
  pending: PendingDelivery,
  transport: Transports,
  options: SenderOptions,
): Promise<AttemptRecord> {
  const { signal } = new AbortController();
  try {
    return (await attempt(pending, { transport, options, signal, warnings: NO_WARNINGS })).record;
  } catch (error) {
    return unsendable(pending, error);
  }
}

function resultOf({ deliveryId, outcome, attempted }: AttemptRecord): TestResult {
  return {
    deliveryId,
    outcome: outcome.kind,
    reason: outcome.reason ?? null,
    httpStatus: attempted?.httpStatus ?? null,
    durationMs: attempted?.durationMs ?? 0,
    response: attempted?.response ?? null,
  };
}
