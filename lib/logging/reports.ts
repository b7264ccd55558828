import { type Channel, channel } from 'node:diagnostics_channel';
import { callGuarded } from '../base/calling';
import { loggable } from './loggable';
import { CONSOLE_LOGGER, type Logger } from './logger';

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

/** The facts of every report on a delivery. */
export interface DeliveryReport {
  readonly deliveryId: string;
  readonly eventId: string;
  /** Name of the hook; empty if its event was removed. */
  readonly hook: string;
  readonly event: string;
  readonly listenerId: string;
  /** Status of the delivery: `done`, `failed`, `skipped`, `retrying`, `rescheduled` or `waiting`. */
  readonly status: string;
}

export const REPORT_NAMES = ['captured', 'attempt', 'outcome', 'listenerDisabled'] as const;

/** The name of a report of `hooks.on()`. */
export type ReportName = (typeof REPORT_NAMES)[number];

type Subscriber = (report: never, name: string) => unknown;

/** Emits reports to subscribers. The first error that a subscriber throws, or its promise is rejected with, is logged. */
export class Reporter {
  readonly #subscribers = new Map<ReportName, readonly Subscriber[]>();
  readonly #failed = new WeakSet<Subscriber>();

  constructor(private readonly logger: Pick<Logger, 'error'> = CONSOLE_LOGGER) {}

  on<Name extends ReportName>(name: Name, fn: (report: Reports[Name]) => void): () => void {
    // A function of its own, so that one that subscribes twice is called twice, and ends one subscription at a time.
    const subscriber: Subscriber = (report) => fn(report);
    this.#subscribers.set(name, [...this.#of(name), subscriber]);
    return () => {
      const others = this.#of(name).filter((one) => one !== subscriber);
      this.#subscribers.set(name, others);
    };
  }

  emit<Name extends ReportName>(name: Name, report: Reports[Name]): void {
    for (const subscriber of this.#of(name)) this.#call(subscriber, name, report);
    const diagnostics = channel(`typeorm-model-hooks:${name}`);
    if (!diagnostics.hasSubscribers) return;
    // `publish` makes an uncaught exception, which ends the process, of what a subscriber throws.
    const { _subscribers: subscribers } = diagnostics as OpenChannel;
    if (subscribers) for (const one of [...subscribers]) this.#call(one, diagnostics.name, report);
    else diagnostics.publish(report);
  }

  isHeard(name: ReportName): boolean {
    return this.#of(name).length > 0 || channel(`typeorm-model-hooks:${name}`).hasSubscribers;
  }

  #of(name: ReportName): readonly Subscriber[] {
    return this.#subscribers.get(name) ?? [];
  }

  #call(subscriber: Subscriber, name: string | symbol, report: unknown): void {
    callGuarded(
      () => subscriber(report as never, name as string),
      (error) => {
        if (this.#failed.has(subscriber)) return;
        this.#failed.add(subscriber);
        const message = `A subscriber to "${String(name)}" failed. Its further failures are not logged.`;
        this.logger.error(message, { error: loggable(error) });
      },
    );
  }
}

/** A channel as Node.js has it today. Without that member, its own `publish` is used. */
type OpenChannel = Channel & { readonly _subscribers?: readonly Subscriber[] };
