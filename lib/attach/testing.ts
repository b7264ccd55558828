import { Deadline } from '../base/deadline';
import type { Reporter, Reports } from '../logging/reports';
import { checkedOptions } from '../options/checked';
import { BOOLEAN, numberFrom, type Shape } from '../options/rules';
import type { Store } from '../store/store';
import type { RunOnce, RunOnceResult } from './run-once';
import type { Working } from './working';

/** The options of `hooks.testing.deliver()`. */
export interface DeliverOptions {
  /** Whether deliveries are also tried that are due later, such as retries, until all have ended. @defaultValue `false` */
  readonly retries?: boolean;
  /** How long it may take, in milliseconds. @defaultValue `30000` */
  readonly deadlineMs?: number;
}

export const DELIVER_DEFAULTS = {
  retries: false,
  deadlineMs: 30_000,
} as const satisfies Required<DeliverOptions>;

const DELIVER_SHAPE: Shape<DeliverOptions> = { retries: BOOLEAN, deadlineMs: numberFrom(0) };

/** What `hooks.testing.deliver()` did. */
export interface DeliverResult extends RunOnceResult {
  /** Number of deliveries that ended as `failed`. */
  readonly failed: number;
  /** The last outcome of each delivery, in the order of their first ones. */
  readonly deliveries: readonly Reports['outcome'][];
}

interface TestingParts {
  readonly runOnce: Pick<RunOnce, 'run'>;
  readonly reporter: Pick<Reporter, 'on'>;
  readonly store: Pick<Store, 'forwarding'>;
  readonly working: () => Pick<Working, 'restart'>;
}

/** What tests of an application need of its attachment: `hooks.testing`. */
export class Testing {
  constructor(private readonly parts: TestingParts) {}

  /**
   * Plans and sends what is stored and due now, whether this process works or not, and resolves when it has ended or at the deadline. With
   * `retries`, what is due later is tried at once, too: all waits, pauses and breakers of the database end. Rejects with `OPTION_INVALID`,
   * also if the dispatcher is `'disabled'`, and with `DATASOURCE_NOT_INITIALISED`.
   *
   * @example
   * await dataSource.getRepository(Person).save({ name: 'Joe' });
   * const { delivered, failed, deliveries } = await hooks.testing.deliver();
   */
  async deliver(given: DeliverOptions = {}): Promise<DeliverResult> {
    const options = checkedOptions(given, DELIVER_SHAPE);
    const { retries, deadlineMs } = { ...DELIVER_DEFAULTS, ...options };
    const { reporter } = this.parts;
    const outcomes = new Map<string, Reports['outcome']>();
    const end = reporter.on('outcome', (outcome) => outcomes.set(outcome.deliveryId, outcome));
    try {
      const { planned, left } = await this.#run(new Deadline(deadlineMs), retries);
      const deliveries = [...outcomes.values()];
      return { planned, left, ...countsOf(deliveries), deliveries };
    } finally {
      end();
    }
  }

  async #run(
    deadline: Deadline,
    retries: boolean,
  ): Promise<Pick<RunOnceResult, 'planned' | 'left'>> {
    const { runOnce, reporter, store, working } = this.parts;
    let attempts = 0;
    const end = reporter.on('attempt', () => {
      attempts += 1;
    });
    try {
      let { planned, left } = await runOnce.run(deadline.leftMs);
      while (retries && !deadline.hasPassed && (await store.forwarding.bringForward()) > 0) {
        const before = attempts;
        // The engine remembers pauses.
        await working().restart(deadline.leftMs);
        const more = await runOnce.run(deadline.leftMs);
        planned += more.planned;
        left = more.left;
        // Some deliveries cannot be tried in this process, such as those to an unknown handler.
        if (attempts === before) break;
      }
      return { planned, left };
    } finally {
      end();
    }
  }
}

function countsOf(
  deliveries: readonly Reports['outcome'][],
): Pick<DeliverResult, 'delivered' | 'failed'> {
  const count = (status: string) => deliveries.filter((one) => one.status === status).length;
  return { delivered: count('done'), failed: count('failed') };
}
