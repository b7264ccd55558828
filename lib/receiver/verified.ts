/**
 * A request whose signature is right. `id`, `timestamp` and the body are signed. `event`, `attempt` and `isTest` are headers, which a
 * proxy could have changed.
 */
export interface Verified<Name extends string | null = string | null, Body = unknown> {
  /** `webhook-id`: the same in every attempt of one delivery. */
  readonly id: string;
  /** When this attempt was signed. */
  readonly timestamp: Date;
  /** `Hook-Event`; null if the sender leaves it out. */
  readonly event: Name;
  /** `Hook-Attempt`, from 1. */
  readonly attempt: number | null;
  /** Whether `hooks.listeners.test` sent it: its values are samples. */
  readonly isTest: boolean;
  /** The parsed JSON; undefined if the body is no JSON. A list for a batch. */
  readonly body: Body;
  /** What the event provides, in each format of the body; undefined if the event was too large. */
  readonly data: DataIn<Body>;
}

/**
 * A verified request by event name. `Events` has the bodies by event name, as `model-hooks types` writes it: then `event` says which of
 * them the body is.
 */
export type VerifiedEvent<Events = unknown> = unknown extends Events
  ? Verified
  : { [Name in keyof Events & string]: Verified<Name, Events[Name]> }[keyof Events & string];

/** The bodies of batches by event name, for listeners with the option `batch`. */
export type BatchOf<Events> = { readonly [Name in keyof Events]: readonly Events[Name][] } & {
  readonly batch: readonly Events[keyof Events][];
};

/** What `Body` provides, by the same rules as `receivedBody` has. */
export type DataIn<Body> = unknown extends Body
  ? unknown
  : Body extends readonly (infer Item)[]
    ? readonly DataIn<Item>[]
    : Body extends HoldsData & { readonly data: infer Data }
      ? Data
      : Body extends {
            readonly type: string;
            readonly timestamp: string;
            readonly data: infer Data;
          }
        ? [keyof Body] extends ['type' | 'timestamp' | 'data' | 'context']
          ? Data
          : Body
        : Body;

type HoldsData =
  | { readonly [Name in (typeof ENVELOPE)[number]]: unknown }
  | { readonly [Name in (typeof CLOUD_EVENT)[number]]: unknown };

/** The members of each body of the format `envelope`, but for those that are left out of an event which is too large. */
const ENVELOPE = ['id', 'event', 'operation', 'ref', 'sender', 'timestamp', 'changed'] as const;
/** The same of the format `cloudevents`. */
const CLOUD_EVENT = ['specversion', 'id', 'type', 'source', 'time', 'datacontenttype'] as const;

/** The body of a received request. */
export interface ReceivedBody {
  /** The parsed JSON; undefined if the body is no JSON. */
  readonly body: unknown;
  /** What the event provides, whatever the format of the body; of a batch, a list of that. */
  readonly data: unknown;
}

/** Reads a body whose signature is right. A body that is no JSON, such as a form, is left to the receiver. */
export function receivedBody(raw: string | Uint8Array): ReceivedBody {
  const body = parsed(raw);
  return { body, data: Array.isArray(body) ? body.map(dataIn) : dataIn(body) };
}

function parsed(raw: string | Uint8Array): unknown {
  try {
    return JSON.parse(typeof raw === 'string' ? raw : Buffer.from(raw).toString());
  } catch {
    return undefined;
  }
}

/** A body of the format `fields` is the data itself. */
function dataIn(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body;
  const names = Object.keys(body);
  const hasAll = (members: readonly string[]) => members.every((name) => names.includes(name));
  const holdsData = hasAll(ENVELOPE) || hasAll(CLOUD_EVENT) || isStandard(names);
  return holdsData ? Reflect.get(body, 'data') : body;
}

/** Its members have names that fields may have too, so no other may stand beside them. A hook with the option `context` adds one. */
function isStandard(names: readonly string[]): boolean {
  const others = names.filter((name) => !['type', 'timestamp', 'context'].includes(name));
  return (
    names.includes('type') &&
    names.includes('timestamp') &&
    others.length === 1 &&
    (others[0] === 'data' || others[0] === 'truncated')
  );
}
