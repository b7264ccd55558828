import { isPlainObject, type JsonRecord, type JsonValue } from '../../base/json';
import type { DeliveryState } from '../chunk/outcome';
import type { Reply } from '../http/reply';
import { type Circumstances, type Judgement, jsonObject, judge } from './judge';
import { steered } from './steering';

/** One delivery of a batch. */
export interface BatchMember {
  readonly deliveryId: string;
  readonly eventId: string;
  /** Before this attempt. */
  readonly state: DeliveryState;
}

type Shared = Omit<Circumstances, 'state'>;

/**
 * The outcomes of the deliveries of a batch with this reply, in their order. A reply holds for each of them, unless it is a failure with a
 * list `failed`: then those in the list fail, and the others are done.
 */
export function judgeBatch(
  reply: Reply,
  members: readonly BatchMember[],
  circumstances: Shared,
): readonly Judgement[] {
  const answer = failureWithList(reply, circumstances);
  if (!answer) return members.map(({ state }) => judge(reply, { ...circumstances, state }));
  const failed = failedPlaces(answer.failed, members);
  return members.map(({ state }, place) => {
    if (!failed) return judgement({ reason: MALFORMED }, state);
    const entry = failed.get(place);
    return entry ? judgement(reasonOf(entry, answer), state) : { outcome: DONE, effect: {} };
  });
}

const DONE = { kind: 'done' } as const;
const MALFORMED =
  'the recipient failed, and its list of failed events names none or unknown ones, so that all count as failed';

function failureWithList(reply: Reply, { replies }: Shared): JsonRecord | null {
  if (!replies || reply.kind !== 'answered' || reply.truncated) return null;
  if (reply.httpStatus < 200 || reply.httpStatus >= 300) return null;
  const answer = jsonObject(reply.text);
  const isFailure = answer?.status === 'failure' || answer?.status === 'fail';
  return isFailure && answer.failed !== undefined ? answer : null;
}

/**
 * The entries of the list by the places that they name. Null if the list cannot be understood: an event that failed must not count as
 * done, because nobody would notice.
 */
function failedPlaces(
  list: JsonValue | undefined,
  members: readonly BatchMember[],
): ReadonlyMap<number, JsonRecord> | null {
  if (!Array.isArray(list) || list.length === 0) return null;
  const failed = new Map<number, JsonRecord>();
  for (const entry of list as readonly JsonValue[]) {
    if (!isPlainObject(entry)) return null;
    const named = entry as JsonRecord;
    const place = placeOf(named, members);
    if (place === null) return null;
    if (!failed.has(place)) failed.set(place, named);
  }
  return failed;
}

/** The place that an entry names by `index`, by `id`, or by both. Null if it names none, or two. */
function placeOf({ index, id }: JsonRecord, members: readonly BatchMember[]): number | null {
  const byId = members.findIndex(({ deliveryId, eventId }) => id === deliveryId || id === eventId);
  if (id !== undefined && id !== null)
    return byId >= 0 && (index === undefined || index === null || index === byId) ? byId : null;
  const isPlace = typeof index === 'number' && Number.isInteger(index) && index >= 0;
  return isPlace && index < members.length ? index : null;
}

function reasonOf(entry: JsonRecord, answer: JsonRecord): JsonRecord {
  const reason = entry.reason ?? answer.reason;
  return reason === undefined ? {} : { reason };
}

function judgement(reason: JsonRecord, state: DeliveryState): Judgement {
  const outcome = steered({ ...reason, status: 'failure' }, state);
  return { outcome: outcome ?? { kind: 'failed', reason: MALFORMED }, effect: {} };
}
