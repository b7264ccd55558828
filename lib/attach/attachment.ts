import type { DeliveryEngine } from '../dispatch/engine';
import { NotInitialisedError } from '../errors/attach-errors';
import { globbedSchemas } from '../hook/entities';
import { warnOfRenamedHooks } from '../listener/renamed-hooks';
import { reviewListeners } from '../listener/review';
import { checkEncryptionKeys } from '../listener/secrets/encryption-key-check';
import { warnOfAbsentKeys } from '../listener/secrets/signing-key-check';
import { knowSchedules } from '../schedule/known-schedules';
import type { Scheduler } from '../schedule/scheduler';
import type { TaskEngine } from '../task/engine';
import { checkCoalescing, checkTables, checkTriggers } from './checks';
import type { SessionParts } from './engine-parts';
import { isWorkHeld } from './held-work';
import type { EngineHolder } from './idle';
import type { Lifecycle } from './lifecycle';
import { Session } from './session';
import { Working } from './working';

/** What is attached to a DataSource: a session for each time that it is initialised, and none while it is destroyed. */
export class Attachment implements EngineHolder, Lifecycle {
  #session: Session | undefined;
  #isDetached = false;

  /** Whether and how this process works. */
  readonly working: Working;

  constructor(private readonly parts: SessionParts) {
    const isHeld = isWorkHeld(parts.dataSource);
    this.working = new Working(parts.options, () => this.#session, isHeld);
  }

  /** Undefined while the DataSource is destroyed. */
  get session(): Session | undefined {
    return this.#session;
  }

  get engine(): DeliveryEngine | undefined {
    return this.#session?.engine;
  }

  get scheduler(): Scheduler | undefined {
    return this.#session?.scheduler;
  }

  get taskEngine(): TaskEngine | undefined {
    return this.#session?.taskEngine;
  }

  /** Checks what is stored, then captures changes and sends events, unless detached. */
  async initialised(): Promise<void> {
    try {
      await this.#begin();
    } catch (error) {
      // Otherwise a second attempt would capture every event twice.
      this.#session?.unsubscribe();
      await this.destroying();
      throw error;
    }
  }

  async destroying(): Promise<void> {
    this.parts.lag.end();
    await this.#session?.end(this.parts.options.delivery.timeoutMs);
    this.#session = undefined;
    this.parts.wakeup.bind(undefined);
    await this.working.ended();
    this.parts.task.waits.close(new NotInitialisedError());
  }

  /** Rebuilds tables while no statement of the engine runs, because these and the locks of the rebuild could wait for each other. */
  async rebuilding(work: () => Promise<void>): Promise<void> {
    const { store, triggers, options, recording } = this.parts;
    await store.exclusively(() => recording.whileResting(work));
    // A table that was dropped has lost its triggers. While the DataSource is initialised again, the hooks are not loaded yet.
    if (options.installTriggers && this.#session) await triggers.install();
  }

  /** Stops sending, and goes on capturing. */
  async detach(deadlineMs: number): Promise<void> {
    this.#isDetached = true;
    this.parts.lag.end();
    await this.working.stop(deadlineMs);
  }

  /** Sends again after `detach()`, or for the first time if the work was held. */
  async resume(): Promise<void> {
    if (!this.parts.dataSource.isInitialized) return;
    if (this.#isDetached) await this.#session?.attend();
    this.#isDetached = false;
    this.parts.lag.begin();
    if (!isWorkHeld(this.parts.dataSource)) await this.working.resume();
  }

  async #begin(): Promise<void> {
    const { dataSource, store, catalog, options, policies, triggers } = this.parts;
    await checkTables(store);
    await checkEncryptionKeys(store, options.vault);
    catalog.load(await globbedSchemas(dataSource));
    checkCoalescing(catalog.list(), options);
    await checkTriggers(triggers, options);
    await knowSchedules(store, catalog);
    await reviewListeners(store, catalog, options.logger);
    if (options.work) await warnOfAbsentKeys(store, options);
    await warnOfRenamedHooks(store, catalog, options.logger);
    for (const hook of catalog.list()) policies.set(hook);
    this.#session = new Session(this.parts);
    this.#session.subscribe();
    if (!this.#isDetached) {
      await this.#session.attend();
      this.parts.lag.begin();
    }
    await this.working.start();
  }
}
