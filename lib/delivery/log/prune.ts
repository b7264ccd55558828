import { validate as isUuid } from 'uuid';
import type { Logger } from '../../logging/logger';
import {
  type Batch,
  BULK_DEFAULTS,
  BULK_SHAPE,
  type BulkOptions,
  type BulkResult,
  inBatches,
} from '../../options/bulk';
import { checkedOptions } from '../../options/checked';
import { type Shape, wholeNumberFrom } from '../../options/rules';
import { bulkCursor, bulkMembers, isTime } from '../../store/cursor';
import type { Store } from '../../store/store';
import { PRUNE_START, type PrunePlace } from '../../store/upkeep';

/** What is deleted, and how much of it. */
export interface PruneOptions extends BulkOptions {
  /** Delete planned events that are older, in milliseconds; 0 deletes none. Left out: as `retention` says. */
  readonly eventsMs?: number;
  /** Delete ended deliveries that are older, in milliseconds; 0 deletes none. Left out: as `retention` says. */
  readonly deliveriesMs?: number;
}

/** The longest age that a timestamp of PostgreSQL can be reduced by, for a database of any time. */
const MAX_AGE_MS = 60_000_000_000_000;

const PRUNE_SHAPE: Shape<PruneOptions> = {
  ...BULK_SHAPE,
  eventsMs: wholeNumberFrom(0, MAX_AGE_MS),
  deliveriesMs: wholeNumberFrom(0, MAX_AGE_MS),
};

export interface PruneParts {
  readonly store: Pick<Store, 'upkeep'>;
  /** The ages of those that are left out. */
  readonly retention: Required<Pick<PruneOptions, 'eventsMs' | 'deliveriesMs'>>;
  readonly logger: Pick<Logger, 'warn'>;
}

const KINDS = ['deliveries', 'events'] as const;

interface Place {
  readonly kind: (typeof KINDS)[number];
  /** The row that was looked at last. Null before the first. */
  readonly after: PrunePlace | null;
}

/** Deletes old deliveries, then old events, with the statements of the pruning in the background. */
export class Prune {
  constructor(private readonly parts: PruneParts) {}

  async run(given: PruneOptions): Promise<BulkResult> {
    const { retention, logger } = this.parts;
    const options = checkedOptions(given, PRUNE_SHAPE);
    const { cursor = BULK_DEFAULTS.cursor } = options;
    const ages = { ...retention, ...options };
    const start: Place = cursor === null ? { kind: 'deliveries', after: null } : placeOf(cursor);
    const step = (place: Place, size: number) => this.#step(ages, place, size);
    return inBatches({ start, step, cursorOf, logger }, options);
  }

  async #step(
    { deliveriesMs, eventsMs }: PruneParts['retention'],
    { kind, after }: Place,
    limit: number,
  ): Promise<Batch<Place>> {
    const { upkeep } = this.parts.store;
    const ageMs = kind === 'deliveries' ? deliveriesMs : eventsMs;
    const next: Place | null = kind === 'deliveries' ? { kind: 'events', after: null } : null;
    if (ageMs === 0) return { count: 0, place: next };
    const step = { ageMs, limit, after: after ?? PRUNE_START };
    const pruned = await (kind === 'deliveries'
      ? upkeep.pruneDeliveries(step)
      : upkeep.pruneEvents(step));
    const { deleted: count, last, isLast } = pruned;
    return { count, place: isLast ? next : { kind, after: last } };
  }
}

const KIND = 'prune';

function cursorOf({ kind, after }: Place): string {
  return bulkCursor(KIND, after ? [kind, after.at, after.id] : [kind]);
}

function placeOf(cursor: string): Place {
  const [kind, at, id] = bulkMembers(cursor, KIND, isPlace);
  return { kind, after: at === undefined || id === undefined ? null : { at, id } };
}

function isPlace(
  members: readonly unknown[],
): members is [Place['kind'], (string | undefined)?, (string | undefined)?] {
  const [kind, at, id] = members;
  if (!KINDS.some((one) => one === kind)) return false;
  if (members.length === 1) return true;
  return members.length === 3 && isTime(at) && typeof id === 'string' && isUuid(id);
}
