import type { DataSource, EntityMetadata, QueryRunner } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { Operation } from '../hook/operation';
import { loggable } from '../logging/loggable';
import type { Logger } from '../logging/logger';
import type { Vault } from '../vault/vault';
import type { Change } from './change';
import { allColumns, type HookedEntity } from './entity/hooked-entity';
import { type RawRow, readRows } from './entity/read-rows';
import { rowId } from './entity/row-id';
import { keyText, type RowKey } from './entity/row-key';
import { readable, type TableCatalog } from './entity/table-facts';
import { evaluated } from './functions';
import { mergedValues, storedPrevious } from './old-values';
import type { Outbox, ReadyEvent, WrittenEvent } from './outbox/outbox';
import { provided } from './provided';
import { withTargets } from './targets';
import { RunnerBatches } from './typeorm/runner-batches';

export interface CaptureOptions {
  /**
   * What happens if an event cannot be stored, because a function of the hook throws or the event is too large
   * (`delivery.payloadTooLarge`): `'throw'` rejects the write, `'log'` drops the event. @defaultValue `'throw'`
   */
  readonly onCaptureError?: 'throw' | 'log';
}

export interface CaptureReports {
  readonly logger: Logger;
  /** Called inside the transaction, after the events were stored. */
  readonly captured: (runner: QueryRunner, events: readonly WrittenEvent[]) => void;
}

type CaptureSurroundings = Required<CaptureOptions> & {
  readonly vault: Vault;
  readonly catalog: TableCatalog;
};

/** Stores the events of changes, on the query runner of the write and inside its transaction. */
export class Capture {
  readonly #outdated = new WeakSet<RawRow>();
  /** Those whose columns are known to be readable, or reported. */
  readonly #checked = new WeakSet<HookedEntity>();
  readonly #changes = new RunnerBatches<Change>((runner, changes) => this.#write(runner, changes));

  constructor(
    private readonly dataSource: DataSource,
    private readonly outbox: Outbox,
    private readonly options: CaptureSurroundings,
    private readonly reports: CaptureReports,
  ) {}

  /** Changes that are added in one tick are stored by one statement. Rejects if the write must be rejected. */
  add(runner: QueryRunner, change: Omit<Change, 'id'>): Promise<void> {
    return this.#changes.add(runner, { id: uuidv7(), ...change });
  }

  /** Resolves when the changes that were added so far are stored; undefined if there are none. */
  pending(runner: QueryRunner): Promise<void> | undefined {
    return this.#changes.pending(runner);
  }

  /** A row that its INSERT returned was changed by a later statement of the same save(), so it is read after the write. */
  outdate(row: RawRow): void {
    this.#outdated.add(row);
  }

  #current(change: Change): Change {
    return change.known && this.#outdated.has(change.known) ? { ...change, known: null } : change;
  }

  async #write(runner: QueryRunner, changes: readonly Change[]): Promise<void> {
    const distinct = withoutRepeats(
      this.dataSource,
      changes.map((change) => this.#current(change)),
    );
    for (const { hooked } of distinct) {
      await this.options.catalog.load(runner, hooked.metadata);
      this.#reportUnreadable(hooked);
    }
    const copied = distinct.filter(({ hooked, known }) => !hooked.needsRow && !known);
    const others = distinct.filter(({ hooked, known }) => hooked.needsRow || known);
    const ready = await this.#ready(runner, others);
    const written = await this.outbox.write(
      runner,
      copied.map(({ id, hooked, operation, key, before }) => ({
        id,
        hooked,
        operation,
        key,
        previous: before && storedPrevious(this.dataSource, hooked.provided, before),
      })),
      ready,
    );
    this.#reportMissing(copied, written);
    const events = await this.#withinLimits(runner, written);
    if (events.length > 0) this.reports.captured(runner, events);
  }

  /** Logs that a written row has no event. The write itself is not at fault, so it is not rejected. */
  missed(metadata: EntityMetadata, operation: Operation, why: string): void {
    this.reports.logger.error(
      `No event was stored for "${operation}" of ${metadata.name}: ${why}.`,
      { entity: metadata.name, operation },
    );
  }

  /** Reading such a column would fail, and with it the write. */
  #reportUnreadable(hooked: HookedEntity): void {
    const { hook, metadata, provided: fields } = hooked;
    const facts = this.options.catalog.get(metadata);
    if (!facts || this.#checked.has(hooked)) return;
    this.#checked.add(hooked);
    const read = new Set(readable(fields, facts));
    const unread = fields.filter((field) => !read.has(field)).map(({ path }) => path);
    if (unread.length === 0) return;
    this.reports.logger.error(
      `Hook "${hook.name}" provides ${unread.join(', ')} of ${metadata.name}, which the table lacks or the role may not read; ` +
        'its events leave them out. (Logged once.)',
      { entity: metadata.name, hook: hook.name },
    );
  }

  /** An updated row can be gone: another transaction removed it before. A row that was inserted or marked is there. */
  #reportMissing(changes: readonly Change[], written: readonly WrittenEvent[]): void {
    const ids = new Set(written.map(({ id }) => id));
    for (const change of changes) if (!ids.has(change.id)) this.#reportNotFound(change);
  }

  #reportNotFound({ hooked: { metadata }, operation }: Change): void {
    if (operation === 'update') return;
    this.missed(metadata, operation, 'the written row was not found by its key');
  }

  /** Rejects the write for an event that is too large, or deletes that event, as `onCaptureError` says. */
  async #withinLimits(
    runner: QueryRunner,
    events: readonly WrittenEvent[],
  ): Promise<readonly WrittenEvent[]> {
    const tooLarge = new Set<WrittenEvent>();
    for (const event of events) {
      const excess = this.outbox.limits.excessOf(event);
      if (excess) await this.fail(runner, excess);
      if (excess) tooLarge.add(event);
    }
    if (tooLarge.size === 0) return events;
    const ids = [...tooLarge].map(({ id }) => id);
    await this.outbox.takeBack(runner, ids);
    return events.filter((event) => !tooLarge.has(event));
  }

  async #ready(runner: QueryRunner, changes: readonly Change[]): Promise<readonly ReadyEvent[]> {
    if (changes.length === 0) return [];
    const rows = await this.#rows(runner, changes);
    const events: ReadyEvent[] = [];
    for (const change of changes) {
      const row = change.known ?? rows.get(change.hooked.metadata)?.get(keyText(change.key));
      if (!row) this.#reportNotFound(change);
      const event = row && (await this.#readyOrFail(runner, change, row));
      if (event) events.push(event);
    }
    return events;
  }

  async #readyOrFail(runner: QueryRunner, change: Change, row: RawRow): Promise<ReadyEvent | null> {
    try {
      const event = change.hooked.needsRow
        ? evaluated(this.dataSource, change, row)
        : withoutFunctions(change, row);
      if (event) this.outbox.limits.check(event);
      return event && (await withTargets(this.dataSource, event, this.options.vault));
    } catch (error) {
      return this.fail(runner, error);
    }
  }

  /** Rejects the write whose event cannot be stored, or logs the error, as `onCaptureError` says. */
  async fail(runner: QueryRunner, error: unknown): Promise<null> {
    if (this.options.onCaptureError === 'throw') {
      await this.outbox.spoilTransaction(runner);
      throw error;
    }
    this.reports.logger.error(EVENT_DROPPED, { error: loggable(error) });
    return null;
  }

  /** The rows that functions and conditions need, one statement for each class. */
  async #rows(
    runner: QueryRunner,
    changes: readonly Change[],
  ): Promise<Map<EntityMetadata, Map<string, RawRow>>> {
    const rows = new Map<EntityMetadata, Map<string, RawRow>>();
    const unread = changes.filter(({ known }) => !known);
    for (const metadata of new Set(unread.map(({ hooked }) => hooked.metadata))) {
      const changed = unread.filter(({ hooked }) => hooked.metadata === metadata);
      const columns = allColumns(changed.map(({ hooked }) => hooked));
      const keys = distinctKeys(changed.map(({ key }) => key));
      const facts = this.options.catalog.get(metadata);
      const wanted = { metadata, columns, keys, lock: false, facts };
      rows.set(metadata, await readRows(this.dataSource, runner, wanted));
    }
    return rows;
  }
}

export const EVENT_DROPPED = 'An event was dropped: it could not be captured.';

/** Several hooks of a class often need the same row. */
function distinctKeys(keys: readonly RowKey[]): readonly RowKey[] {
  return [...new Map(keys.map((key) => [keyText(key), key])).values()];
}

/** A row that was saved twice in one call changed once, in the fields of both. */
function withoutRepeats(dataSource: DataSource, changes: readonly Change[]): readonly Change[] {
  const distinct = new Map<string, Change>();
  for (const change of changes) {
    const { hooked, operation, key, before: later } = change;
    const id = `${hooked.hook.name} ${operation} ${keyText(key)}`;
    const first = distinct.get(id) ?? change;
    const earlier = first.before;
    const before =
      earlier && first !== change
        ? mergedValues(dataSource, hooked.columns, { earlier, later })
        : earlier;
    distinct.set(id, { ...first, before });
  }
  return [...distinct.values()];
}

/** The event of a known row of a hook whose functions do not get it. */
function withoutFunctions({ id, hooked, operation }: Change, row: RawRow): ReadyEvent {
  const { headers } = hooked.hook.declared;
  return {
    id,
    hook: hooked.hook,
    operation,
    ref: null,
    sender: null,
    headers: typeof headers === 'object' ? headers : null,
    data: provided(hooked.provided, row.values),
    previous: null,
    rowId: rowId(hooked.hook.name, row.key),
  };
}
