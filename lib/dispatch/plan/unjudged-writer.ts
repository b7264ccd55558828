import type { Match } from '../../listener/matching/checks';
import type { Logger } from '../../logging/logger';
import { Seldom } from '../../logging/seldom';
import type { EventRow } from '../../store/events';
import type { Store } from '../../store/store';
import type { UnjudgedRow } from '../../store/unjudged';
import { PlannedRows } from './planned-rows';

/** Rows stored in one statement. */
const STORED_AT_ONCE = 1_000;
const HOUR_MS = 3_600_000;

/** Warns once an hour of each field whose conditions cannot be judged here. */
export class UnjudgedWarnings {
  readonly #seldom = new Seldom(HOUR_MS);

  constructor(private readonly logger: Pick<Logger, 'warn'>) {}

  warn(hook: string, field: string): void {
    if (this.#seldom.isDue(JSON.stringify([hook, field])))
      this.logger.warn(
        'Deliveries wait for another process, because this one cannot judge a condition of their listeners.',
        { hook, field },
      );
  }
}

/** Stores the events and listeners that this process cannot judge. Another process does that later; see `Judging`. */
export class UnjudgedWriter {
  #rows: UnjudgedRow[] = [];
  #count = 0;
  readonly #planned: PlannedRows;

  constructor(
    private readonly store: Store,
    events: readonly Pick<EventRow, 'id' | 'row_id' | 'sequence'>[],
    private readonly warnings: Pick<UnjudgedWarnings, 'warn'>,
  ) {
    this.#planned = new PlannedRows(events);
  }

  get count(): number {
    return this.#count;
  }

  async add({ event, unjudged = [] }: Match): Promise<void> {
    this.#count += unjudged.length;
    for (const listener of unjudged) {
      const { field } = listener;
      this.warnings.warn(event.hook, field);
      const reason = `a process that knows its condition on "${field}" must judge it`;
      this.#rows.push({ ...this.#planned.of(event, listener), reason });
    }
    if (this.#rows.length >= STORED_AT_ONCE) await this.end();
  }

  async end(): Promise<void> {
    const rows = this.#rows;
    this.#rows = [];
    await this.store.unjudged.put(rows);
  }
}
