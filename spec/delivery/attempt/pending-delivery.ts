import { randomUUID } from 'node:crypto';
import { type PendingDelivery } from '../../../lib/delivery/attempt/pending';
import type { Chunk } from '../../../lib/delivery/chunk/chunk';
import { UNTRIED } from '../../../lib/delivery/chunk/outcome';
import type { Recipient } from '../../../lib/delivery/chunk/recipients';
import type { Reply } from '../../../lib/delivery/http/reply';
import type { HookEvent } from '../../../lib/hook/event';
import { defineHook } from '../../../lib/hook/hook';
import { parseTarget } from '../../../lib/listener/declared/target';

export const hook = defineHook('person', { provides: ['name'] });

export function event(values: Partial<HookEvent> = {}): HookEvent {
  return {
    id: randomUUID(),
    hook: hook.name,
    name: 'person',
    operation: null,
    ref: null,
    sender: null,
    headers: {},
    occurredAt: new Date(0),
    data: { name: 'Joe' },
    previous: null,
    changed: ['name'],
    ...values,
  };
}

export function recipientOf(values: Partial<Recipient> = {}): Recipient {
  return {
    id: randomUUID(),
    target: 'https://a.example/hook',
    contentType: 'application/json',
    format: null,
    digest: 'sha256',
    signature: 'v1',
    replies: true,
    delivery: {},
    batch: null,
    select: null,
    active: true,
    inactiveReason: null,
    pausedUntilMs: null,
    failingSinceMs: null,
    config: null,
    clock: { nowMs: () => 0 },
    secret: `whsec_${Buffer.alloc(32).toString('base64')}`,
    previousSecret: null,
    headers: {},
    secretHeaders: [],
    keyRing: null,
    unreadable: null,
    ...values,
  };
}

export function chunkOf(recipients: readonly Recipient[], sent = event()): Chunk {
  return {
    id: randomUUID(),
    token: '1',
    eventIds: recipients.map(() => sent.id),
    listenerIds: recipients.map(({ id }) => id),
  };
}

export function pendingDelivery(values: Partial<PendingDelivery> = {}): PendingDelivery {
  const { recipient = recipientOf(), event: sent = event() } = values;
  return {
    chunk: chunkOf([recipient], sent),
    deliveryId: randomUUID(),
    event: sent,
    hook,
    recipient,
    target: parseTarget(recipient.target),
    state: UNTRIED,
    ordered: false,
    ...values,
  };
}

export function answered(httpStatus: number, values: { text?: string; retryAfter?: string } = {}) {
  return {
    kind: 'answered',
    httpStatus,
    retryAfter: null,
    text: '',
    truncated: false,
    ...values,
  } as const satisfies Reply;
}
