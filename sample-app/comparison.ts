import { type Expected, readBody } from './expectations';
import { REFUSED_ONCE } from './listeners';
import type { Receipt } from './receiver';

/** A request that must arrive, and since when it may. */
export interface Planned extends Expected {
  readonly chapter: string;
  /** In milliseconds since 1970. */
  readonly committedAt: number;
}

export interface Arrival {
  readonly planned: Planned;
  readonly latencyMs: number;
}

export interface Comparison {
  readonly arrivals: readonly Arrival[];
  readonly missing: readonly Planned[];
  readonly superfluous: readonly Receipt[];
}

/** Pairs what was to come with what came and was accepted, one to one. */
export function compare(planned: readonly Planned[], receipts: readonly Receipt[]): Comparison {
  const waiting = byIdentity(planned);
  const accepted = receipts.filter(({ httpStatus }) => httpStatus < 300);
  const firstAt = firstReceipts(receipts);
  const arrivals: Arrival[] = [];
  const superfluous: Receipt[] = [];
  for (const receipt of accepted) {
    const match = waiting.get(identity({ ...receipt, body: bodyOf(receipt) }))?.shift();
    if (!match) superfluous.push(receipt);
    else
      arrivals.push({
        planned: match,
        latencyMs: latencyMs(match, firstAt.get(receipt.deliveryId)),
      });
  }
  return { arrivals, missing: [...waiting.values()].flat(), superfluous };
}

/** Something that is not as it should be. None: the sample has passed. */
export interface Fault {
  readonly kind: 'bad request' | 'missing' | 'superfluous' | 'no retry' | 'bad record';
  readonly what: string;
}

export function faultsOf(
  { missing, superfluous }: Comparison,
  receipts: readonly Receipt[],
): readonly Fault[] {
  return [
    ...receipts.flatMap(problemsOf),
    ...missing.map(({ body, ...rest }) => fault('missing', { ...rest, body: canonical(body) })),
    ...superfluous.map((receipt) => fault('superfluous', receipt)),
    ...retryFaults(receipts),
  ];
}

type Told = Pick<Receipt, 'event' | 'listener' | 'body'>;

function fault(kind: Fault['kind'], { event, listener, body }: Told): Fault {
  return { kind, what: `${event} for ${listener}: ${body}` };
}

function problemsOf({ event, listener, attempt, problems }: Receipt): readonly Fault[] {
  const request = `${event} for ${listener}, attempt ${attempt}`;
  return problems.map((problem) => ({ kind: 'bad request', what: `${request}: ${problem}` }));
}

/** One request was refused with a 500: the same delivery must have come once more, and no other. */
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
  const counts = `${refused.length} refused, ${repeated.length} tried again`;
  return [{ kind: 'no retry', what: `one request for ${REFUSED_ONCE}, tried twice: ${counts}` }];
}

/**
 * From the moment at which `save()` had returned to the application until the receiver had the whole request, first attempt. Two
 * processes on one machine, hence one clock. A request can be there before the application goes on: that counts as 0.
 */
function latencyMs({ committedAt }: Planned, receivedAt = Number.NaN): number {
  return Math.max(0, receivedAt - committedAt);
}

function firstReceipts(receipts: readonly Receipt[]): ReadonlyMap<string, number> {
  // The last one written stands: the first attempt.
  return new Map(
    receipts.toReversed().map(({ deliveryId, receivedAt }) => [deliveryId, receivedAt]),
  );
}

function bodyOf({ body, contentType }: Receipt): unknown {
  try {
    return readBody(body, contentType);
  } catch {
    // No body that anybody expects.
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

/** JSON that says the same of equal values: PostgreSQL keeps a jsonb's keys in an order of its own. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
