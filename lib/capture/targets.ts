import type { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { isPlainObject, storable, toJson } from '../base/json';
import { CaptureFailedError } from '../errors/capture-errors';
import type { HookEvent } from '../hook/event';
import { eventName, type Hook } from '../hook/hook';
import { HandlerRef } from '../options/handler-ref';
import type { PlainTargets } from '../options/listener';
import type { Vault } from '../vault/vault';
import { captureFailed } from './functions';
import { toEvent } from './outbox/event-row';
import type { ReadyEvent } from './outbox/outbox';
import { sealTargets } from './outbox/sealed-targets';
import { deepFreeze } from './plain-row';

/** The most targets that `resolve` may return for one event. */
export const MAX_TARGETS = 100;

/** The event with the targets that its hook's `resolve` returns, as they are stored. What `resolve` throws becomes `HOOK_CAPTURE_FAILED`. */
export async function withTargets(
  dataSource: DataSource,
  event: ReadyEvent,
  vault: Vault,
): Promise<ReadyEvent> {
  const { resolve } = event.hook.declared;
  if (!resolve) return event;
  try {
    const id = event.id ?? uuidv7();
    const targets = checked(
      event.hook,
      await resolve(deliveredEvent(dataSource, { ...event, id })),
    );
    return { ...event, id, targets: targets.length > 0 ? sealTargets(vault, id, targets) : null };
  } catch (error) {
    throw captureFailed(event.hook, error);
  }
}

/** As it will be delivered. The database sets the time itself, so `occurredAt` may differ a little. */
function deliveredEvent(
  dataSource: DataSource,
  event: ReadyEvent & { readonly id: string },
): HookEvent {
  const { hook, operation, ref, sender, headers, previous } = event;
  const row = {
    ...event,
    previous,
    raw_previous: previous !== null,
    hook: hook.name,
    event: eventName(hook, operation),
    ref: ref && storable(ref),
    sender: sender && storable(sender),
    // A copy, because the hook's own object must not be frozen.
    headers: headers && { ...headers },
    occurred_at: new Date(),
  };
  return deepFreeze(toEvent(dataSource, hook, row));
}

function checked({ name }: Hook, answer: unknown): PlainTargets {
  if (!Array.isArray(answer) || !answer.every(isTarget))
    throw new CaptureFailedError(
      name,
      '`resolve` must give an array of URLs and listener options.',
    );
  if (answer.length > MAX_TARGETS)
    throw new CaptureFailedError(name, `\`resolve\` may give at most ${MAX_TARGETS} targets.`);
  const targets = toJson(answer);
  if (targets === null)
    throw new CaptureFailedError(name, '`resolve` gave targets that are nested too deep.');
  return targets as unknown as PlainTargets;
}

function isTarget(target: unknown): boolean {
  if (typeof target === 'string' || target instanceof HandlerRef) return true;
  if (!isPlainObject(target)) return false;
  return typeof target.url === 'string' || target.url instanceof HandlerRef;
}
