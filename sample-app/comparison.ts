import { type Expected, readBody } from './expectations';
import { REFUSED_ONCE } from './listeners';
import type { Receipt } from './receiver';

/** A request that must arrive, and the time of the commit that causes it. */
export interface Planned extends Expected {
  readonly chapter: string;
  /** Milliseconds since 1970. */
  readonly committedAt: number;
}

export interface Arrival {
  readonly planned: Planned;
  readonly latencyMs: number;
}

export interface Comparison {
  readonly arrivals: readonly Arrival[];
  readonly missing: readonly Planned[];
  readonly unexpected: readonly Receipt[];
}

/** Pairs each planned request with one accepted request. */
export function compare(planned: readonly Planned[], receipts: readonly Receipt[]): Comparison {
  const waiting = byIdentity(planned);
  const accepted = receipts.filter(({ httpStatus }) => httpStatus < 300);
  const firstAt = firstReceipts(receipts);
  const arrivals: Arrival[] = [];
  const unexpected: Receipt[] = [];
  for (const receipt of accepted) {
    const match = waiting.get(identity({ ...receipt, body: bodyOf(receipt) }))?.shift();
    if (!match) unexpected.push(receipt);
    else
      arrivals.push({
        planned: match,
        latencyMs: latencyMs(match, firstAt.get(receipt.deliveryId)),
      });
  }
  return { arrivals, missing: [...waiting.values()].flat(), unexpected };
}

/** A difference from the expectations. The sample passes if there is none. */
export interface Fault {
  readonly kind:
    | 'bad request'
    | 'missing'
    | 'unexpected'
    | 'no retry'
    | 'bad record'
    | 'bad answer';
  readonly what: string;
}

export function faultsOf(
  { missing, unexpected }: Comparison,
  receipts: readonly Receipt[],
): readonly Fault[] {
  return [
    ...receipts.flatMap(problemsOf),
    ...missing.map(({ body, ...rest }) => fault('missing', { ...rest, body: canonical(body) })),
    ...unexpected.map((receipt) => fault('unexpected', receipt)),
    ...retryFaults(receipts),
  ];
}

type Request = Pick<Receipt, 'event' | 'listener' | 'body'>;

function fault(kind: Fault['kind'], { event, listener, body }: Request): Fault {
  return { kind, what: `${event} for ${listener}: ${body}` };
}

function problemsOf({ event, listener, attempt, problems }: Receipt): readonly Fault[] {
  const request = `${event} for ${listener}, attempt ${attempt}`;
  return problems.map((problem) => ({ kind: 'bad request', what: `${request}: ${problem}` }));
}

/** One request is refused with a 500. Exactly that delivery must be retried once. */
function retryFaults(receipts: readonly Receipt[]): readonly Fault[] {
  const refused = receipts.filter(({ httpStatus }) => httpStatus === 500);
  const repeated = receipts.filter(({ attempt }) => attempt !== '1');
  const [first, again] = [refused[0], repeated[0]];
  const isRetried =
    refused.length === 1 &&
    repeated.length === 1 &&
    again?.attempt === '2' &&
    again.deliveryId === first?.deliveryId &&
    again.body === first.body;
  if (isRetried) return [];
  const counts = `${refused.length} refused, ${repeated.length} retried`;
  return [
    { kind: 'no retry', what: `one request for ${REFUSED_ONCE}, attempted twice: ${counts}` },
  ];
}

/**
 * Time from the return of `save()` until the receiver has the whole first request. Both processes run on one machine and
 * share its clock. A request that arrives before `save()` returns counts as 0.
 */
function latencyMs({ committedAt }: Planned, receivedAt = Number.NaN): number {
  return Math.max(0, receivedAt - committedAt);
}

function firstReceipts(receipts: readonly Receipt[]): ReadonlyMap<string, number> {
  // Reversed, so that the first attempt of a delivery overwrites its retries in the map.
  return new Map(
    receipts.toReversed().map(({ deliveryId, receivedAt }) => [deliveryId, receivedAt]),
  );
}

function bodyOf({ body, contentType }: Receipt): unknown {
  try {
    return readBody(body, contentType);
  } catch {
    // The text matches no expectation and is reported as unexpected.
    return body;
  }
}

function byIdentity(planned: readonly Planned[]): ReadonlyMap<string, Planned[]> {
  const groups = new Map<string, Planned[]>();
  for (const one of planned) groups.set(identity(one), [...(groups.get(identity(one)) ?? []), one]);
  return groups;
}

function identity({
  listener,
  event,
  body,
}: {
  listener: string;
  event: string;
  body: unknown;
}): string {
  return canonical([listener, event, body]);
}

/** JSON with sorted keys, so that equal values have equal texts. PostgreSQL does not keep the key order of a jsonb. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
