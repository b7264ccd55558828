import type { DataSource, EntityTarget, ObjectLiteral } from 'typeorm';
import { shared } from '../base/shared';
import { isEmptyUpdate, toEvent } from '../capture/outbox/event-row';
import { SizeLimits } from '../capture/outbox/size-limits';
import type { Recording, RecordingOptions } from '../capture/recording';
import { SourceEvaluation } from '../capture/triggers/source-evaluation';
import { completedRow } from '../dispatch/plan/completion';
import { NotAttachedError, NotInitialisedError } from '../errors/attach-errors';
import type { HookCatalog } from '../hook/catalog';
import type { HookEvent } from '../hook/event';
import type { RecordedEventRow } from '../store/recorded-events';
import type { ResolvedOptions } from './options';

interface RecorderParts {
  readonly dataSource: DataSource;
  readonly catalog: HookCatalog;
  readonly recording: Recording;
  readonly options: Pick<ResolvedOptions, 'delivery' | 'vault'>;
}

export interface RecordedBlock<T> {
  readonly result: T;
  readonly events: readonly HookEvent[];
  /** The names of all hooks that are attached now. */
  readonly hooks: readonly string[];
}

/** Records the events of blocks as handlers get them, for the entry `testing`. */
export class EventRecorder {
  constructor(private readonly parts: RecorderParts) {}

  async record<T>(fn: () => T | Promise<T>, options: RecordingOptions): Promise<RecordedBlock<T>> {
    const { dataSource, catalog, recording } = this.parts;
    if (!dataSource.isInitialized) throw new NotInitialisedError();
    const { result, rows } = await recording.run(fn, options);
    const evaluation = this.#evaluation();
    const events = await Promise.all(rows.map((row) => this.#eventOf(row, evaluation)));
    return {
      result,
      events: events.filter((event) => event !== null),
      hooks: catalog.list().map(({ name }) => name),
    };
  }

  /** The names of the hooks of an entity. Throws `HOOK_NOT_FOUND`. */
  hooksOf(entity: EntityTarget<ObjectLiteral>): readonly string[] {
    return this.parts.catalog.allOf(entity).map(({ name }) => name);
  }

  #evaluation(): SourceEvaluation {
    const { dataSource, catalog, options } = this.parts;
    const limits = new SizeLimits(options.delivery, catalog);
    return new SourceEvaluation(dataSource, catalog, { vault: options.vault, limits });
  }

  /** Null if no listener can get it. Rejects with what a function of the hook throws, where it is called after the write. */
  async #eventOf(row: RecordedEventRow, evaluation: SourceEvaluation): Promise<HookEvent | null> {
    if (!evaluation.concerns(row)) return this.#decoded(row);
    const evaluated = await evaluation.evaluate(row);
    switch (evaluated.kind) {
      case 'complete':
        return this.#decoded(row);
      case 'evaluated':
        return this.#decoded({ ...row, ...completedRow(row, evaluated.values) });
      case 'failed':
        throw evaluated.error;
      case 'unwanted':
      case 'foreign':
        return null;
    }
  }

  #decoded(row: RecordedEventRow): HookEvent | null {
    const { dataSource, catalog } = this.parts;
    const hook = catalog.find(row.hook);
    const event = hook && toEvent(dataSource, hook, row);
    return event && !isEmptyUpdate(event) ? event : null;
  }
}

const recorders = shared(
  'typeorm-model-hooks.recorders.v1',
  () => new WeakMap<DataSource, EventRecorder>(),
);

/** Lets `recorderOf` find what is attached to a DataSource. */
export function offerRecorder(dataSource: DataSource, recorder: EventRecorder): void {
  recorders.set(dataSource, recorder);
}

/** Throws `NOT_ATTACHED`. */
export function recorderOf(dataSource: DataSource): EventRecorder {
  const recorder = recorders.get(dataSource);
  if (!recorder) throw new NotAttachedError();
  return recorder;
}
