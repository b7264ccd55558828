import type { DataSource, QueryRunner } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { Operation } from '../hook/operation';
import { loggable } from '../logging/loggable';
import type { Logger } from '../logging/logger';
import type { Vault } from '../vault/vault';
import type { Change } from './change';
import type { HookedEntity } from './entity/hooked-entity';
import { copied, evaluated } from './functions';
import type { Outbox, ReadyEvent, WrittenEvent } from './outbox/outbox';
import type { ToldEvent } from './statement/told-events';
import { withTargets } from './targets';

/** Options of capture, part of those of `ModelHooks.attach()`. */
export interface CaptureOptions {
  /**
   * What happens if an event cannot be stored, because a function of the hook throws or the event is too large
   * (`delivery.payloadTooLarge`): `'throw'` rejects the write, `'log'` drops the event. @defaultValue `'throw'`
   */
  readonly onCaptureError?: 'throw' | 'log';
}

export interface CaptureReports {
  readonly logger: Logger;
  /** Called after the events were stored, on the query runner that stored them. The write waits for the promise. */
  readonly captured: (
    runner: QueryRunner,
    events: readonly WrittenEvent[],
  ) => Promise<void> | undefined;
}

type CaptureSurroundings = Required<CaptureOptions> & { readonly vault: Vault };

/** Stores the events of changes, on the query runner of the write and inside its transaction. */
export class Capture {
  constructor(
    private readonly dataSource: DataSource,
    readonly outbox: Outbox,
    private readonly options: CaptureSurroundings,
    private readonly reports: CaptureReports,
  ) {}

  /** Whether the database can store the events of a hook by itself: nothing of them is decided by code of the application. */
  isTold({ hook, needsRow }: HookedEntity): boolean {
    return !needsRow && !this.outbox.limits.isSetFor(hook);
  }

  /** Stores the events of changes by one statement. Rejects if the write must be rejected. */
  async write(runner: QueryRunner, changes: readonly Change[]): Promise<void> {
    const ready: ReadyEvent[] = [];
    for (const change of changes) {
      const event = await this.#readyOrFail(runner, change);
      if (event) ready.push(event);
    }
    const events = await this.outbox.write(runner, ready);
    if (events.length > 0) await this.reports.captured(runner, events);
  }

  /** Events were stored by the statement that wrote the rows. */
  noteTold(runner: QueryRunner, told: readonly ToldEvent[]): Promise<void> | undefined {
    if (told.length === 0) return undefined;
    const events = told.map(([id, hook, event, operation]) => ({
      id,
      hook,
      event,
      operation: operation as Operation,
    }));
    return this.reports.captured(runner, events);
  }

  async #readyOrFail(runner: QueryRunner, change: Change): Promise<ReadyEvent | null> {
    try {
      const event = this.#ready(change);
      if (event) this.outbox.limits.check(event);
      return event && (await withTargets(this.dataSource, event, this.options.vault));
    } catch (error) {
      return this.#fail(runner, error);
    }
  }

  #ready(change: Change): ReadyEvent | null {
    const event = change.hooked.needsRow
      ? evaluated(this.dataSource, change)
      : copied(this.dataSource, change);
    const context = this.outbox.code.context?.value ?? null;
    return event && { id: uuidv7(), ...event, context };
  }

  /** Rejects the write whose event cannot be stored, or logs the error, as `onCaptureError` says. */
  async #fail(runner: QueryRunner, error: unknown): Promise<null> {
    if (this.options.onCaptureError === 'throw') {
      await this.outbox.spoilTransaction(runner);
      throw error;
    }
    this.reports.logger.error(EVENT_DROPPED, { error: loggable(error) });
    return null;
  }
}

export const EVENT_DROPPED = 'An event was dropped: it could not be captured.';
