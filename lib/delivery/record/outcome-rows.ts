import { storable } from '../../base/json';
import type { OutcomeRow } from '../../store/outcomes';
import { afterMsOf, type DeliveryState, isFinal, type Outcome, reasonOf } from '../chunk/outcome';
import type { Attempted, OutcomeRecord } from '../chunk/outcome-record';

/** Gives each distinct value a place: 0, 1, 2 … A value that many outcomes share is sent once, and named by its place. */
export class Places<Value> {
  readonly #places = new Map<Value, number>();

  placeOf(value: Value): number {
    const known = this.#places.get(value);
    if (known !== undefined) return known;
    const place = this.#places.size;
    this.#places.set(value, place);
    return place;
  }

  /** Each value once, in the order of the places. */
  get values(): readonly Value[] {
    return [...this.#places.keys()];
  }
}

/** The row that stores an outcome. Members that are null or zero are left out; see `OutcomeRow`. */
export function outcomeRow(
  { deliveryId, listenerId, state, outcome, attempted, closes }: OutcomeRecord,
  { chunk, event, givesTurn }: { chunk: number; event: number; givesTurn: boolean },
): OutcomeRow {
  return {
    chunk,
    event,
    id: deliveryId,
    listener_id: listenerId,
    status: outcome.kind,
    attempt: state.attempt,
    retries: state.retries === 0 ? undefined : state.retries,
    reschedules: state.reschedules === 0 ? undefined : state.reschedules,
    after_ms: afterMsOf(outcome) ?? undefined,
    http_status: attempted?.httpStatus ?? undefined,
    reason: reasonOf(outcome) ?? undefined,
    response: attempted?.response == null ? undefined : storable(attempted.response),
    retval:
      outcome.kind === 'done' && outcome.retval !== undefined
        ? JSON.stringify(outcome.retval)
        : undefined,
    detail: attempted?.detail == null ? undefined : storable(attempted.detail),
    duration_ms: attempted ? Math.round(attempted.durationMs) : undefined,
    attempted_at: attempted?.at.toISOString(),
    is_kept: flag(needsRow(attempted, state, outcome)),
    gives_turn: flag(givesTurn),
    closes: flag(closes),
  };
}

/** Characters of an outcome that its row has beside those of its ids and numbers. */
const ROW_CHARACTERS = 400;

/** About how long the row of an outcome is, as JSON. */
export function charactersOf({ outcome, attempted }: OutcomeRecord): number {
  const texts = [outcome.reason, attempted?.response, attempted?.detail];
  const length = texts.reduce((sum, text) => sum + (text?.length ?? 0), ROW_CHARACTERS);
  const retval = outcome.kind === 'done' ? outcome.retval : undefined;
  return retval === undefined ? length : length + JSON.stringify(retval).length;
}

/** A delivery that ended with its first attempt needs no further row: its own row describes that attempt, but for the detail. */
function needsRow(
  attempted: Attempted | null,
  { attempt }: DeliveryState,
  outcome: Outcome,
): boolean {
  if (attempted === null) return false;
  return attempt > 1 || !isFinal(outcome) || attempted.detail !== null;
}

function flag(isSet: boolean): true | undefined {
  return isSet ? true : undefined;
}
