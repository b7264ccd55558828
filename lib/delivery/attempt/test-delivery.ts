import { v4 as uuidv4 } from 'uuid';
import type { HookCatalog } from '../../hook/catalog';
import type { Listener } from '../../listener/declared/listener';
import { parseTarget } from '../../listener/declared/target';
import type { TestResult } from '../../listener/declared/test-result';
import { unknownListener } from '../../listener/saved/saved-listeners';
import type { Policies } from '../../recipient/policies';
import type { Store } from '../../store/store';
import { UNTRIED } from '../chunk/outcome';
import { type RecipientKeys, readRecipients } from '../chunk/recipients';
import { HttpTransport } from '../http/http-transport';
import { type AttemptContext, attempt } from './attempt';
import { attemptBatch } from './batch-attempt';
import type { HandlerCalls } from './handler-calls';
import { type AttemptRecord, type PendingDelivery, unsendable } from './pending';
import { sampleEvent } from './sample-event';
import type { SenderOptions } from './sender';

interface TestParts {
  readonly store: Store;
  readonly catalog: HookCatalog;
  readonly policies: Policies;
  readonly calls: HandlerCalls;
  readonly options: RecipientKeys & { readonly delivery: SenderOptions };
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
  { store, catalog, policies, calls, options }: TestParts,
  listener: Listener,
): Promise<TestResult> {
  const { delivery } = options;
  const [recipient] = await readRecipients(store.recipients, options, new Set([listener.id]));
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
  // A transport of its own: a test works in processes without an engine, and uses no connection of a delivery.
  const transport = new HttpTransport(policies, { ...delivery, keepAlive: false });
  const { signal } = new AbortController();
  const context = { transport, calls, options: delivery, signal, warnings: NO_WARNINGS };
  try {
    return resultOf(await sent(pending, context));
  } finally {
    await transport.close();
  }
}

async function sent(pending: PendingDelivery, context: AttemptContext): Promise<AttemptRecord> {
  const { recipient, target } = pending;
  try {
    if (recipient.batch === null || target.kind !== 'url')
      return (await attempt(pending, context)).record;
    const { records } = await attemptBatch([{ ...pending, target }], context);
    return records[0] ?? unsendable(pending, undefined);
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
