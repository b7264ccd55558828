import type { DataSource, EntityMetadata, QueryRunner } from 'typeorm';
import type { Field } from '../hook/field';
import type { JsonRecord } from '../json';
import type { Logger } from '../logger';
import type { Change } from './change';
import { projected, provided, readyEvent } from './functions';
import type { Outbox, ReadyEvent, WrittenEvent } from './outbox';
import type { RowKey } from './plan';
import { keyText, readRows } from './rows';
import { RunnerBatches } from './runner-batches';

export interface CaptureOptions {
  /** @defaultValue `'throw'` */
  readonly onCaptureError?: 'throw' | 'log';
}

export interface CaptureReports {
  readonly logger: Logger;
  /** Called inside the transaction, after its events were stored. */
  readonly captured: (runner: QueryRunner, events: readonly WrittenEvent[]) => void;
}

/** Turns the changes of a `save()` into stored events, on the caller's own query runner and inside its transaction. */
export class Capture {
  readonly #changes = new RunnerBatches<Change>((runner, changes) => this.#write(runner, changes));

  constructor(
    private readonly dataSource: DataSource,
    private readonly outbox: Outbox,
    private readonly options: Required<CaptureOptions>,
    private readonly reports: CaptureReports,
  ) {}

  add(runner: QueryRunner, change: Change): Promise<void> {
    return this.#changes.add(runner, change);
  }

  pending(runner: QueryRunner): Promise<void> | undefined {
    return this.#changes.pending(runner);
  }

  async #write(runner: QueryRunner, changes: readonly Change[]): Promise<void> {
    const distinct = withoutRepeats(changes);
    const copied = distinct.filter(({ plan, removed }) => !plan.needsRow && !removed);
    const others = distinct.filter(({ plan, removed }) => plan.needsRow || removed);
    const ready = await this.#ready(runner, others);
    const events = await this.outbox.write(
      runner,
      copied.map(({ plan, operation, key, before }) => ({
        plan,
        operation,
        key,
        previous: before && projected(plan.provided, before),
      })),
      ready,
    );
    if (events.length > 0) this.reports.captured(runner, events);
  }

  async #ready(runner: QueryRunner, changes: readonly Change[]): Promise<readonly ReadyEvent[]> {
    if (changes.length === 0) return [];
    const rows = await this.#rows(runner, changes);
    const events: ReadyEvent[] = [];
    for (const change of changes) {
      const raw = change.removed ?? rows.get(change.plan.metadata)?.get(keyText(change.key));
      const event = raw && (await this.#readyOrFail(runner, change, raw));
      if (event) events.push(event);
    }
    return events;
  }

  async #readyOrFail(
    runner: QueryRunner,
    change: Change,
    raw: JsonRecord,
  ): Promise<ReadyEvent | null> {
    try {
      return change.plan.needsRow ? readyEvent(this.dataSource, change, raw) : removal(change, raw);
    } catch (error) {
      return this.fail(runner, error);
    }
  }

  /**
   * What happens when an event cannot be made. Where the write is to be rejected, the transaction is spoiled in the database too: a
   * caller who swallows the error and commits would otherwise keep the row without its event.
   */
  async fail(runner: QueryRunner, error: unknown): Promise<null> {
    if (this.options.onCaptureError === 'throw') {
      await runner.query(SPOIL_TRANSACTION).catch(() => undefined);
      throw error;
    }
    this.reports.logger.error('An event was dropped: it could not be captured.', { error });
    return null;
  }

  /** Rows that functions must see, one statement a class. */
  async #rows(
    runner: QueryRunner,
    changes: readonly Change[],
  ): Promise<Map<EntityMetadata, Map<string, JsonRecord>>> {
    const wanted = new Map<EntityMetadata, { columns: readonly Field[]; keys: RowKey[] }>();
    for (const { plan, key, removed } of changes) {
      if (removed) continue;
      const ofClass = wanted.get(plan.metadata) ?? { columns: plan.columns, keys: [] };
      wanted.set(plan.metadata, ofClass);
      ofClass.keys.push(key);
    }
    const rows = new Map<EntityMetadata, Map<string, JsonRecord>>();
    for (const [metadata, { columns, keys }] of wanted)
      rows.set(
        metadata,
        await readRows(this.dataSource, runner, { metadata, columns, keys, lock: false }),
      );
    return rows;
  }
}

const SPOIL_TRANSACTION =
  "DO $$ BEGIN RAISE EXCEPTION 'typeorm-model-hooks: an event of this transaction could not be captured'; END $$";

/** One row saved twice in one call changed once, in the fields of both. */
function withoutRepeats(changes: readonly Change[]): readonly Change[] {
  const seen = new Map<string, Change>();
  for (const change of changes) {
    const { plan, operation, key } = change;
    const id = `${plan.hook.name} ${operation} ${keyText(key)}`;
    const earlier = seen.get(id);
    seen.set(id, earlier?.before ? withBefore(earlier, change.before) : (earlier ?? change));
  }
  return [...seen.values()];
}

function withBefore(earlier: Change, later: Change['before']): Change {
  return { ...earlier, before: new Map([...(later ?? []), ...(earlier.before ?? [])]) };
}

function removal({ plan, operation }: Change, raw: JsonRecord): ReadyEvent {
  const { headers } = plan.hook.declared;
  return {
    hook: plan.hook,
    operation,
    ref: null,
    sender: null,
    headers: typeof headers === 'object' ? headers : null,
    data: provided(plan.provided, raw),
    previous: null,
  };
}
