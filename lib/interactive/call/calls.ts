import { v7 as uuidv7 } from 'uuid';
import type { JsonValue } from '../../base/json';
import type { Contexts } from '../../capture/contexts';
import { deepFreeze } from '../../capture/plain-row';
import { deliveryId } from '../../delivery/chunk/chunk';
import {
  type Recipient,
  type RecipientKeys,
  readRecipients,
} from '../../delivery/chunk/recipients';
import type { InteractiveResponse } from '../../delivery/handler/interactive-response';
import { NoListenerError } from '../../errors/interactive-errors';
import type { HookCatalog } from '../../hook/catalog';
import type { HookEvent } from '../../hook/event';
import type { Hook } from '../../hook/hook';
import { providedValues } from '../../hook/provided-values';
import { wants } from '../../listener/matching/checks';
import type { SavedListeners } from '../../listener/saved/saved-listeners';
import type { Store } from '../../store/store';
import type { Telemetry } from '../../telemetry/telemetry';
import type { Asking } from './asking';
import type { CallLog } from './call-log';
import type { CallOptions } from './options';

/** What a call was answered. */
export interface CallResult {
  readonly status: 'success' | 'fail';
  readonly httpStatus: number;
  readonly headers: Readonly<Record<string, string>> | null;
  readonly body: JsonValue;
}

export interface CallsParts {
  readonly store: Store;
  readonly catalog: HookCatalog;
  readonly saved: SavedListeners;
  readonly keys: RecipientKeys;
  readonly asking: Asking;
  readonly log: CallLog;
  readonly contexts: Pick<Contexts, 'current'>;
  readonly telemetry: Pick<Telemetry, 'activeTrace'>;
}

/** Calls of interactive hooks: each is asked of the one listener, answered and logged. */
export class Calls {
  constructor(private readonly parts: CallsParts) {}

  /** Rejects with `NO_LISTENER`, and with errors of the database while the listener is read. */
  async call(
    hook: Hook,
    data: Readonly<Record<string, unknown>>,
    options: CallOptions,
  ): Promise<CallResult> {
    const context = this.parts.contexts.current?.value;
    const trace = this.parts.telemetry.activeTrace();
    const event = {
      ...eventOf(hook, data, options),
      ...(context && { context }),
      ...(trace && { trace }),
    };
    const recipient = await this.#recipientOf(hook, event);
    const question = {
      hook,
      event,
      recipient,
      deliveryId: deliveryId(event.id, recipient.id),
    };
    const called = this.parts.log.begin(question);
    const given = await this.parts.asking.ask(question);
    await called.ended(given);
    return resultOf(given.answer);
  }

  /** The active listener of the hook. */
  async #recipientOf(hook: Hook, event: HookEvent): Promise<Recipient> {
    const { store, catalog, saved, keys } = this.parts;
    const found = await saved.find(store, { hook: hook.name, active: true });
    const wanting = found.find(({ listener }) => wants(listener, event, catalog));
    const ids = new Set(wanting && [wanting.listener.id]);
    const [recipient] = ids.size > 0 ? await readRecipients(store.recipients, keys, ids) : [];
    if (!recipient) throw new NoListenerError(hook.name);
    return recipient;
  }
}

/** What is provided of the data. */
function eventOf(
  hook: Hook,
  given: Readonly<Record<string, unknown>>,
  { sender, ref, headers }: CallOptions,
): HookEvent {
  const data = providedValues(hook, given);
  return deepFreeze({
    id: uuidv7(),
    hook: hook.name,
    name: hook.name,
    operation: null,
    ref: ref ?? null,
    sender: sender ?? null,
    headers: { ...headers },
    occurredAt: new Date(),
    data,
    previous: null,
    changed: Object.keys(data),
  });
}

/** The output is for the log. */
function resultOf({ status, httpStatus, headers, body }: InteractiveResponse): CallResult {
  return { status, httpStatus, headers, body };
}
