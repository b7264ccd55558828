import { isDeepStrictEqual } from 'node:util';
import type { Change, Fields } from './ledger';
import type { ListenerName } from './listeners';

/** One request that a listener must get. */
export interface Expected {
  readonly listener: ListenerName;
  readonly event: string;
  /** As `readBody` gives it. */
  readonly body: unknown;
}

interface Wish {
  wants(change: Change): boolean;
  body(change: Change): unknown;
}

/** What listeners.ts says in the library's words, once more in plain JavaScript: this file imports nothing of the library. */
const WISHES: Readonly<Record<ListenerName, Wish>> = {
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

/** Everything that must arrive because of one committed change. */
export function expectedOf(change: Change): readonly Expected[] {
  return Object.entries(WISHES)
    .filter(([, { wants }]) => wants(change))
    .map(([listener, { body }]) => ({
      listener: listener as ListenerName,
      event: eventName(change),
      body: body(change),
    }));
}

/** A body as it came, made comparable: what nobody can know beforehand is replaced by whether it is well-formed. */
export function readBody(text: string, contentType: string): unknown {
  if (contentType === 'application/x-www-form-urlencoded') {
    const { currencies = '', ...texts } = Object.fromEntries(new URLSearchParams(text));
    return { ...texts, currencies: JSON.parse(currencies) };
  }
  const body: unknown = JSON.parse(text);
  return isEnvelope(body) ? readEnvelope(body) : body;
}

function ofCountries(wants: (country: Fields) => boolean): Wish {
  return {
    wants: (change) => change.entity === 'country' && wants(fields(change)),
    body: fields,
  };
}

/** The new values; of a removed row the old ones. */
function fields({ before, after }: Change): Fields {
  return after ?? before ?? {};
}

/** Everything is text in a form: null is an empty one, an object is JSON. */
function form(change: Change): unknown {
  const { currencies, ...plain } = fields(change);
  const texts = Object.entries(plain).map(([key, value]) => [key, String(value ?? '')]);
  return { ...Object.fromEntries(texts), currencies };
}

/** The only envelopes that are expected are those of updates. */
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
