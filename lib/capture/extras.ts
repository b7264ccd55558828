import { type JsonRecord, toJson } from '../base/json';
import type { Hook } from '../hook/hook';
import type { HookRow } from '../hook/options';
import { expandRef, sentText } from '../hook/ref-template';
import type { ReadyEvent } from './outbox/outbox';
import { settled } from './settled';

export type EventExtras = Pick<ReadyEvent, 'ref' | 'sender' | 'headers'>;

/**
 * The `ref`, the `sender` and the headers of an event, in JavaScript. `sent` holds the values of the row as they are sent; `row` is what
 * the functions of the hook get.
 */
export function eventExtras(hook: Hook, sent: JsonRecord, row: HookRow): EventExtras {
  const { ref, sender, headers } = hook.declared;
  return {
    ref: hook.ref ? expandRef(hook.ref, sent) : returned(hook, 'ref', ref, row),
    sender:
      typeof sender === 'string' ? sentText(sent[sender]) : returned(hook, 'sender', sender, row),
    headers:
      typeof headers === 'function'
        ? (settled(hook.name, 'headers', headers(row as never)) ?? null)
        : (headers ?? null),
  };
}

/** What a function of the hook returned, as a text. */
function returned({ name }: Hook, option: string, of: unknown, row: HookRow): string | null {
  if (typeof of !== 'function') return null;
  return sentText(toJson(settled(name, option, of(row))));
}
