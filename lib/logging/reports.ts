import { channel } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import { inspect } from 'node:util';
import { loggable } from './loggable';

/** The reports of `hooks.on`, by name. They are also published on the diagnostics channel `typeorm-model-hooks:<name>`. */
export interface Reports {
  /** An event was stored. Its transaction may still roll back. */
  readonly captured: {
    readonly eventId: string;
    readonly hook: string;
    readonly event: string;
    readonly operation: string | null;
  };
  /** An attempt ended, with or without a reply. */
  readonly attempt: DeliveryReport & {
    /** Number of the attempt, from 1. */
    readonly attempt: number;
    readonly httpStatus: number | null;
    readonly durationMs: number;
  };
  /** The outcome of a delivery is stored. */
  readonly outcome: DeliveryReport & { readonly reason: string | null };
  readonly listenerDisabled: { readonly listenerId: string; readonly reason: string };
}

export interface DeliveryReport {
  readonly deliveryId: string;
  readonly eventId: string;
  readonly event: string;
  readonly listenerId: string;
  /** Status of the delivery: `done`, `failed`, `skipped`, `retrying`, `rescheduled` or `waiting`. */
  readonly status: string;
}

export const REPORT_NAMES = ['captured', 'attempt', 'outcome', 'listenerDisabled'] as const;

export type ReportName = (typeof REPORT_NAMES)[number];

/** Emits reports to subscribers. An error that a subscriber throws becomes a warning of the process. */
export class Reporter {
  readonly #emitter = new EventEmitter().setMaxListeners(0);

  on<Name extends ReportName>(name: Name, fn: (report: Reports[Name]) => void): () => void {
    const guarded = (report: Reports[Name]) => {
      try {
        fn(report);
      } catch (error) {
        // As text, because emitWarning throws for an Error of another realm (node:vm, jest).
        process.emitWarning(inspect(loggable(error)));
      }
    };
    this.#emitter.on(name, guarded);
    return () => this.#emitter.off(name, guarded);
  }

  emit<Name extends ReportName>(name: Name, report: Reports[Name]): void {
    this.#emitter.emit(name, report);
    const diagnostics = channel(`typeorm-model-hooks:${name}`);
    if (diagnostics.hasSubscribers) diagnostics.publish(report);
  }

  isHeard(name: ReportName): boolean {
    return (
      this.#emitter.listenerCount(name) > 0 || channel(`typeorm-model-hooks:${name}`).hasSubscribers
    );
  }
}
