import type { ServerResponse } from 'node:http';
import { type ModelHooks, not } from '../../lib';
import { type LedgerEntry, Parcel, SHIPPED } from '../chaos/entities';
import { OK } from '../support/receivers/hostile-endpoints';
import { drip } from '../support/receivers/raw-server';
import { pick, type Random } from '../support/values/random';

/** Answers a request. Returns whether the answer accepts it. */
type Respond = (response: ServerResponse, random: Random) => boolean;

export interface Endpoint {
  readonly name: string;
  /** Null if nothing listens at its port. */
  readonly respond: Respond | null;
  /** Whether it accepts each event after some attempts at most. The others accept none. */
  readonly accepts: boolean;
  readonly isOrdered?: true;
  /** Whether the listener must receive the entry, decided without the package. */
  readonly wants: (entry: Pick<LedgerEntry, 'event' | 'colour'>) => boolean;
  readonly save: (hooks: ModelHooks, url: string) => Promise<{ readonly id: string }>;
}

const SLOW_MS = 1_000;
const BIG_BODY = 'x'.repeat(200_000);
const BYTE_EVERY_MS = 1_000;

/** Soon given up and disabled, because it never answers. */
const HOPELESS = {
  retries: 3,
  retryDelayMs: 1_000,
  retryMaxDelayMs: 2_000,
  timeoutMs: 2_000,
  disableAfterMs: 20_000,
} as const;

const ALL_PARCELS = {
  wants: ({ event }) => event !== SHIPPED,
  save: (hooks, url) => hooks.for(Parcel).listener(url).save(),
} as const satisfies Partial<Endpoint>;

const NEVER = {
  accepts: false,
  wants: ALL_PARCELS.wants,
  save: (hooks, url) => hooks.for(Parcel).listener({ url, delivery: HOPELESS }).save(),
} as const satisfies Partial<Endpoint>;

/** The endpoints of the whole run. */
export const LASTING: readonly Endpoint[] = [
  {
    name: 'fine',
    accepts: true,
    wants: () => true,
    save: (hooks, url) => hooks.listen('*', url).save(),
    respond: accept,
  },
  {
    name: 'slow',
    accepts: true,
    wants: ({ event }) => event === 'parcel.created',
    save: (hooks, url) => hooks.listen('*.created', url).save(),
    respond: (response) => {
      setTimeout(() => response.end(), SLOW_MS);
      return true;
    },
  },
  { name: 'moody', accepts: true, ...ALL_PARCELS, respond: moody },
  {
    name: 'big replies',
    accepts: true,
    wants: ({ event, colour }) => event !== SHIPPED && colour !== 'red',
    save: (hooks, url) =>
      hooks
        .for(Parcel)
        .listener(url)
        .match({ colour: not('red') })
        .save(),
    respond: (response) => {
      response.end(BIG_BODY);
      return true;
    },
  },
  { name: 'closing connections', accepts: true, ...ALL_PARCELS, respond: closing },
  {
    name: 'ordered and moody',
    accepts: true,
    isOrdered: true,
    wants: ALL_PARCELS.wants,
    save: (hooks, url) => hooks.for(Parcel).listener({ url, ordered: true }).save(),
    respond: moody,
  },
];

/** The endpoints that are replaced from time to time. */
export const HOPELESS_ENDPOINTS: readonly Endpoint[] = [
  { name: 'dead', ...NEVER, respond: null },
  { name: 'black hole', ...NEVER, respond: () => false },
  { name: 'no HTTP', ...NEVER, respond: garble },
];

function accept(response: ServerResponse): true {
  response.end();
  return true;
}

/** Refuses one of seven requests in different ways. A 503 asks for a pause. */
function moody(response: ServerResponse, random: Random): boolean {
  const mood = random();
  if (mood > 0.143) return accept(response);
  if (mood < 0.1) response.writeHead(500).end();
  else if (mood < 0.14) response.destroy();
  else response.writeHead(503, { 'retry-after': '1' }).end();
  return false;
}

/** Closes or resets one of three connections, before or after its reply, although the reply kept it alive. */
function closing(response: ServerResponse, random: Random): boolean {
  const { socket } = response;
  const isKept = random() > 0.33;
  const close = pick([() => socket?.destroy(), () => socket?.resetAndDestroy()], random);
  if (isKept) return accept(response);
  const isBefore = random() < 0.3;
  if (isBefore) close();
  else response.end(() => setTimeout(close, random() * 20));
  return !isBefore;
}

/** Writes a byte in a second, or bytes that are not HTTP. */
function garble({ socket }: ServerResponse, random: Random): false {
  if (!socket) return false;
  if (random() < 0.5) drip(socket, OK, BYTE_EVERY_MS);
  else socket.write('\u0000\u0001 this is not HTTP\r\n\r\n');
  return false;
}
