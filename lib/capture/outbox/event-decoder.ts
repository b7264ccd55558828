import type { DataSource } from 'typeorm';
import type { HookCatalog } from '../../hook/catalog';
import type { HookEvent } from '../../hook/event';
import type { Hook } from '../../hook/hook';
import { ANY_SHAPE, type EventRow, LEFT_SHAPE } from '../../store/events';
import { toEvent } from './event-row';

/** What this process makes of a stored event. */
export type DecodedEvent =
  | {
      readonly kind: 'readable';
      readonly hook: Hook;
      readonly event: HookEvent;
      /** Fields that the stored event holds and the hook does not provide here. Conditions on them cannot be judged here. */
      readonly unknownFields: ReadonlySet<string>;
    }
  /** Another process may be able to read it, or all of it. */
  | {
      readonly kind: 'foreign';
      readonly row: EventRow;
      /** Why it is left to others, as the beginning of `… in this process`. */
      readonly reason: string;
      /** What a transformer threw. */
      readonly error?: unknown;
    }
  /** A transformer threw, here and in each process that tried. */
  | { readonly kind: 'unreadable'; readonly row: EventRow; readonly error: unknown };

/** For this many leases, an event is left to processes that know all of its fields and can read them. */
const PATIENCE_LEASES = 20;

const NONE: ReadonlySet<string> = new Set();

/** Reads stored events, and says which of them are left to other processes: two releases of an application may run at once. */
export class EventDecoder {
  /** How long an event is left to others, in milliseconds. */
  readonly patienceMs: number;

  constructor(
    private readonly dataSource: DataSource,
    private readonly catalog: Pick<HookCatalog, 'find'>,
    { leaseMs }: { readonly leaseMs: number },
  ) {
    this.patienceMs = PATIENCE_LEASES * leaseMs;
  }

  decode(row: EventRow): DecodedEvent {
    const hook = this.catalog.find(row.hook);
    if (!hook) return { kind: 'foreign', row, reason: `the hook "${row.hook}" is not attached` };
    const unknownFields = fieldsBeyond(hook, row);
    const isYoung = row.age_ms < this.patienceMs;
    if (isYoung && (unknownFields.size > 0 || hasOtherFields(hook, row)))
      return { kind: 'foreign', row, reason: `the hook "${row.hook}" provides other fields` };
    try {
      return { kind: 'readable', hook, event: toEvent(this.dataSource, hook, row), unknownFields };
    } catch (error) {
      if (!isYoung) return { kind: 'unreadable', row, error };
      return { kind: 'foreign', row, reason: 'the event cannot be read', error };
    }
  }
}

/** An event without a shape of its own may hold fewer fields than the hook provides: those that have a value. */
function hasOtherFields({ shape }: Hook, row: EventRow): boolean {
  return row.shape !== shape && row.shape !== ANY_SHAPE && row.shape !== LEFT_SHAPE;
}

function fieldsBeyond({ fields, shape }: Hook, row: EventRow): ReadonlySet<string> {
  if (row.shape === shape) return NONE;
  const beyond = Object.keys(row.data).filter((path) => !fields.has(path));
  return beyond.length === 0 ? NONE : new Set(beyond);
}
