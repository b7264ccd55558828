import { isDeepStrictEqual } from 'node:util';
import type { Change, Fields } from './ledger';
import type { ListenerName } from './listeners';

/** One request that a listener must get. */
export interface Expected {
  readonly listener: ListenerName;
  readonly event: string;
  /** As `readBody` returns it. */
  readonly body: unknown;
}

interface Expectation {
  wants(change: Change): boolean;
  body(change: Change): unknown;
}

/** The conditions of listeners.ts, written again in plain JavaScript. This file imports nothing of the package. */
const EXPECTATIONS: Readonly<Record<ListenerName, Expectation>> = {
  everything: { wants: () => true, body: fields },
  audit: { wants: ({ operation }) => operation === 'update', body: envelope },
  europe: ofCountries(({ region }) => region === 'Europe'),
  euro: ofCountries(({ currencies }) =>
    isDeepStrictEqual(currencies, { EUR: { name: 'Euro', symbol: '€' } }),
  ),
  souths: ofCountries(({ name }) => /^South/.test(String(name))),
  lands: ofCountries(({ name }) => String(name).split('land').length > 1),
  islands: ofCountries(({ name }) => /\bislands?$/i.test(String(name))),
  landlocked: { ...ofCountries(({ landlocked }) => landlocked === true), body: form },
  farewells: {
    wants: ({ entity, operation }) => entity === 'country' && operation === 'remove',
    body: fields,
  },
  capitals: {
    wants: (change) =>
      change.entity === 'city' &&
      change.operation === 'insert' &&
      fields(change).isCapital === true,
    body: fields,
  },
};

/** All requests that one committed change must cause. */
export function expectedOf(change: Change): readonly Expected[] {
  return Object.entries(EXPECTATIONS)
    .filter(([, { wants }]) => wants(change))
    .map(([listener, { body }]) => ({
      listener: listener as ListenerName,
      event: eventName(change),
      body: body(change),
    }));
}

/** A received body in a comparable form. Values that cannot be predicted are replaced by whether they are well-formed. */
export function readBody(text: string, contentType: string): unknown {
  if (contentType === 'application/x-www-form-urlencoded') {
    const { currencies = '', ...texts } = Object.fromEntries(new URLSearchParams(text));
    return { ...texts, currencies: JSON.parse(currencies) };
  }
  const body: unknown = JSON.parse(text);
  return isEnvelope(body) ? readEnvelope(body) : body;
}

function ofCountries(wants: (country: Fields) => boolean): Expectation {
  return {
    wants: (change) => change.entity === 'country' && wants(fields(change)),
    body: fields,
  };
}

/** The new values, or the old ones of a removed row. */
function fields({ before, after }: Change): Fields {
  return after ?? before ?? {};
}

/** In a form every value is text: null is an empty text, and an object is JSON. */
function form(change: Change): unknown {
  const { currencies, ...plain } = fields(change);
  const texts = Object.entries(plain).map(([key, value]) => [key, String(value ?? '')]);
  return { ...Object.fromEntries(texts), currencies };
}

/** Only updates are sent in envelopes. */
function envelope(change: Change): unknown {
  const { entity, operation, before, after } = change;
  return {
    id: true,
    event: eventName(change),
    operation,
    ref: entity === 'country' ? `https://world.example/countries/${after?.code}` : null,
    sender: null,
    timestamp: true,
    data: after,
    previous: before,
    changed: Object.keys(after ?? {}).filter(
      (key) => !isDeepStrictEqual(after?.[key], before?.[key]),
    ),
  };
}

function isEnvelope(body: unknown): body is { id: unknown; timestamp: unknown } {
  return typeof body === 'object' && body !== null && 'id' in body && 'timestamp' in body;
}

function readEnvelope(body: { id: unknown; timestamp: unknown }): unknown {
  return {
    ...body,
    id: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(String(body.id)),
    timestamp: new Date(String(body.timestamp)).toISOString() === body.timestamp,
  };
}

const PAST = { insert: 'created', update: 'updated', remove: 'removed' } as const;

function eventName({ entity, operation }: Change): string {
  return `${entity}.${PAST[operation]}`;
}
