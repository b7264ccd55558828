import type { QueryRunner } from 'typeorm';
import type { Buffering } from '../capture/buffering';
import { rowId } from '../capture/entity/row-id';
import type { Outbox, ReadyEvent, WrittenEvent } from '../capture/outbox/outbox';
import { sentEvent } from '../capture/sent';
import type { Buffers } from '../dispatch/buffers';
import type { ResolvedDispatcher } from '../dispatch/dispatcher';
import type { DeliveryEngine } from '../dispatch/engine';
import type { TrialWaits } from '../dispatch/trial-waits';
import type { Hook } from '../hook/hook';
import { providedValues } from '../hook/provided-values';
import { loggable } from '../logging/loggable';
import type { Scheduler } from '../schedule/scheduler';
import { joinedRunner } from '../store/ambient';
import { afterRelease } from './after-release';
import type { SendOptions } from './attached-hook';
import type { SessionParts } from './engine-parts';

interface CommitParts {
  readonly outbox: Outbox;
  readonly dispatcher: ResolvedDispatcher;
  readonly waits: TrialWaits;
  readonly buffering: Buffering;
  readonly buffers: () => Pick<Buffers, 'ended'>;
  /** Undefined if this process does not send. */
  readonly engine: () => DeliveryEngine | undefined;
  /** Undefined if this process does not send. */
  readonly scheduler: () => Scheduler | undefined;
}

/** The events that open transactions have stored, and what happens when these commit. */
export class Commits {
  readonly #written = new WeakMap<QueryRunner, string[]>();

  constructor(
    private readonly surroundings: Pick<
      SessionParts,
      'dataSource' | 'options' | 'recording' | 'reporter' | 'task' | 'wakeup'
    >,
    private readonly parts: CommitParts,
  ) {}

  /**
   * Stores an event of a defined hook, and sends it after the commit. Resolves with its id, or with `''` if the event was dropped: a
   * function of the hook threw, and `onCaptureError` is `'log'`.
   */
  async send(
    hook: Hook,
    data: Readonly<Record<string, unknown>>,
    { sender, ref, headers, manager }: SendOptions,
  ): Promise<string> {
    const { dataSource, options } = this.surroundings;
    const given: ReadyEvent = {
      hook,
      operation: null,
      ref: ref ?? null,
      sender: sender ?? null,
      headers: headers ?? null,
      data: providedValues(hook, data),
      previous: null,
      // The events of a named resource have an order, as those of a row have.
      rowId: ref === undefined ? null : rowId(hook.name, [ref]),
      context: this.parts.outbox.code.context?.value ?? null,
    };
    const { limits } = this.parts.outbox;
    const event = await sentEvent(dataSource, given, { ...options, limits });
    if (!event) return '';
    const joined = joinedRunner(dataSource, manager);
    if (joined) return this.#write(joined, event);
    const runner = dataSource.createQueryRunner();
    const id = await this.#write(runner, event).finally(() => runner.release());
    if (!this.parts.buffering.current) await this.wake([id]);
    return id;
  }

  async #write(runner: QueryRunner, event: ReadyEvent): Promise<string> {
    const written = await this.parts.outbox.write(runner, [event]);
    await this.noteWritten(runner, written);
    return written[0]?.id ?? '';
  }

  /** Remembers events until their transaction commits. The promise is that of a test which records them. */
  noteWritten(runner: QueryRunner, events: readonly WrittenEvent[]): Promise<void> | undefined {
    const ids = this.#written.get(runner) ?? [];
    this.#written.set(runner, ids);
    const isBuffered = this.parts.buffering.note(runner);
    for (const { id, hook, event, operation } of events) {
      if (!isBuffered) ids.push(id);
      this.surroundings.reporter.emit('captured', { eventId: id, hook, event, operation });
    }
    const { recording } = this.surroundings;
    return recording.isOn
      ? recording.written(
          runner,
          events.map(({ id }) => id),
        )
      : undefined;
  }

  /** Wakes what sends the events of the transaction. */
  committed(runner: QueryRunner): void {
    this.surroundings.task.link.committed(runner);
    this.parts.scheduler()?.committed(runner);
    const eventIds = this.#written.get(runner);
    this.rolledBack(runner);
    if (!eventIds || eventIds.length === 0) return;
    const done = this.wake(eventIds);
    if (this.parts.dispatcher.waitsForTries) afterRelease(runner, done);
  }

  rolledBack(runner: QueryRunner): void {
    this.#written.delete(runner);
    this.parts.buffers().ended(runner);
  }

  /**
   * Wakes the engine of this process, or others if none runs here, because these events were committed. Resolves at once, or, if the
   * dispatcher waits for tries, when each delivery was tried.
   */
  wake(eventIds: readonly string[]): Promise<void> {
    const { options, wakeup } = this.surroundings;
    const { logger, waitMs } = options;
    const engine = this.parts.engine();
    const isAwaited = this.parts.dispatcher.waitsForTries && engine?.isRunning;
    const tried = isAwaited ? this.parts.waits.tried(eventIds, waitMs) : Promise.resolve();
    wakeup.committed();
    return tried.catch((error: unknown) => {
      logger.error('Waiting for inline deliveries failed.', { error: loggable(error) });
    });
  }
}
