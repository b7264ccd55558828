import type { EventDecoder } from '../../capture/outbox/event-decoder';
import { isTarget, parseTarget } from '../../listener/declared/target';
import type { DeliveryRow } from '../../store/deliveries';
import type { Store } from '../../store/store';
import { UNTRIED } from '../chunk/outcome';
import { type Recipient, type RecipientKeys, readRecipients } from '../chunk/recipients';
import type { ShownRequest } from '../log/delivery';
import { redactor } from '../reply/redaction';
import { appliedOptions, type GeneralOptions } from './applied-options';
import { prepare } from './prepare';

interface ShownRequestParts {
  readonly store: Store;
  readonly decoder: Pick<EventDecoder, 'decode'>;
  readonly options: RecipientKeys & { readonly delivery: GeneralOptions };
}

/** A delivery belongs to no chunk here; nothing is sent. */
const NO_CHUNK = { id: '', token: '', eventIds: [], listenerIds: [] };
const NO_WARNINGS = { warn: () => undefined };

/** The request of the last attempt of a delivery, made again from what is stored now. Null if that is not possible. */
export async function shownRequest(
  { store, decoder, options: general }: ShownRequestParts,
  { id, event_id, listener_id, attempt, attempted_at }: DeliveryRow,
): Promise<ShownRequest | null> {
  const [row] = await store.events.read([event_id]);
  const [recipient] = await readRecipients(store.recipients, general, new Set([listener_id]));
  const found = row && decoder.decode(row);
  if (found?.kind !== 'readable' || !recipient || !isShowable(recipient)) return null;
  const target = parseTarget(recipient.target);
  if (target.kind !== 'url') return null;
  const { options } = appliedOptions(general.delivery, found.hook, recipient);
  const state = { ...UNTRIED, attempt: Math.max(0, attempt - 1) };
  const { event, hook } = found;
  const delivery = { chunk: NO_CHUNK, deliveryId: id, event, hook, recipient, target, state };
  const { method, headers, body } = prepare(
    { ...delivery, ordered: false },
    { options, at: attempted_at ?? new Date(), warnings: NO_WARNINGS },
  );
  return { method, url: target.url.href, headers: withoutSecrets(headers, recipient), body };
}

function isShowable({ unreadable, target }: Recipient): boolean {
  return unreadable === null && isTarget(target);
}

/** Signatures are kept: they are shown together with the body that they sign. */
function withoutSecrets(
  headers: Readonly<Record<string, string>>,
  { secretHeaders }: Recipient,
): Readonly<Record<string, string>> {
  if (secretHeaders.length === 0) return headers;
  const redact = redactor(() => secretHeaders);
  const shown = Object.entries(headers).map(([name, value]): [string, string] => [
    name,
    secretHeaders.includes(value) ? '[secret]' : redact(value),
  ]);
  return Object.fromEntries(shown);
}
