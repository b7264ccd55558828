import { setTimeout as sleep } from 'node:timers/promises';
import { Deadline, endsWithin } from '../base/deadline';
import type { DeliveryEngine } from '../dispatch/engine';
import { IdleTimeoutError, StatementTimeoutError } from '../errors/attach-errors';
import type { HookCatalog } from '../hook/catalog';
import { checkedOptions } from '../options/checked';
import { numberFrom, type Shape } from '../options/rules';
import type { Scheduler } from '../schedule/scheduler';
import { isLost } from '../store/retrying';
import type { Store } from '../store/store';
import type { DueCounts } from '../store/upkeep';
import type { TaskEngine } from '../task/engine';
import type { Vault } from '../vault/vault';

/** Options of `hooks.idle()`. */
export interface IdleOptions {
  /** How long to wait, in milliseconds. @defaultValue `30000` */
  readonly timeoutMs?: number;
}

export const IDLE_DEFAULTS = { timeoutMs: 30_000 } as const satisfies Required<IdleOptions>;

const IDLE_SHAPE: Shape<IdleOptions> = { timeoutMs: numberFrom(0, Number.POSITIVE_INFINITY) };

/** Throws `OPTION_INVALID`. */
export function idleTimeoutMs(options: IdleOptions): number {
  return checkedOptions(options, IDLE_SHAPE).timeoutMs ?? IDLE_DEFAULTS.timeoutMs;
}

const POLL_MS = 10;
const ANSWER_MS = 500;
/** A delivery that was given back is tried again within this time, so it counts as due. Later retries are not waited for. */
const SOON_MS = 1_500;

interface Left extends DueCounts {
  readonly inFlight: number;
  /** That run here or are ready. */
  readonly tasks: number;
}

const NOTHING_DUE: DueCounts = { events: 0, chunks: 0, deliveries: 0 };

/** What `Idle` asks of a running engine. */
export type IdleEngine = Pick<
  DeliveryEngine,
  'settle' | 'inFlight' | 'isBusy' | 'isRunning' | 'barred'
>;

/** What `Idle` asks of a running engine of tasks. */
export type IdleTasks = Pick<TaskEngine, 'inFlight' | 'countReady'>;

/** The part of an attachment that knows its engine, which is replaced when the DataSource is initialised again. */
export interface EngineHolder {
  readonly engine: IdleEngine | undefined;
  readonly scheduler?: Pick<Scheduler, 'settle'> | undefined;
  /** Undefined if this process runs no tasks. */
  readonly taskEngine?: IdleTasks | undefined;
}

/** Waits until this process has nothing left to do. */
export class Idle {
  constructor(
    private readonly store: Pick<Store, 'upkeep'>,
    private readonly catalog: Pick<HookCatalog, 'all'>,
    private readonly vault: Pick<Vault, 'ids'>,
    private readonly holder: EngineHolder,
  ) {}

  /** Rejects with `IDLE_TIMEOUT`, which says what is left. */
  async wait(timeoutMs: number): Promise<void> {
    const deadline = new Deadline(timeoutMs);
    let left = 'unknown, because the database has not answered';
    for (;;) {
      const { scheduler } = this.holder;
      if (scheduler) await endsWithin(scheduler.settle(), deadline.leftMs);
      if (this.holder.engine) await endsWithin(this.holder.engine.settle(), deadline.leftMs);
      const answer = this.#left();
      // At the deadline too, the database has the time for one answer.
      if (await endsWithin(answer, Math.max(deadline.leftMs, ANSWER_MS))) {
        const known = await answer.catch(unanswered);
        if (known && isNothing(known)) return;
        if (known) left = described(known);
      }
      if (deadline.hasPassed) throw new IdleTimeoutError(timeoutMs, left);
      await sleep(POLL_MS);
    }
  }

  async #left(): Promise<Left> {
    const before = this.holder.engine;
    const inFlight = before?.inFlight ?? 0;
    // Work that this process does not do itself is not waited for.
    if (inFlight > 0 || !before?.isRunning)
      return { ...NOTHING_DUE, inFlight, tasks: this.holder.taskEngine?.inFlight ?? 0 };
    const readyTasks = (await this.holder.taskEngine?.countReady()) ?? 0;
    const due = await this.store.upkeep.countDue({
      hooks: this.catalog.all(),
      encryptionKeyIds: this.vault.ids,
      soonMs: SOON_MS,
      barred: before.barred,
    });
    // Work that was claimed during the query is neither among its rows nor was it in flight before.
    const after = this.holder.engine;
    const tasks = readyTasks + (this.holder.taskEngine?.inFlight ?? 0);
    return { ...due, inFlight: (after?.inFlight ?? 0) + (after?.isBusy ? 1 : 0), tasks };
  }
}

/** A database that cannot be reached may be back before the deadline. */
function unanswered(error: unknown): null {
  if (error instanceof StatementTimeoutError || isLost(error)) return null;
  throw error;
}

function isNothing({ events, chunks, deliveries, inFlight, tasks }: Left): boolean {
  return events + chunks + deliveries + inFlight + tasks === 0;
}

function described({ events, chunks, deliveries, inFlight, tasks }: Left): string {
  return (
    `${events} events to plan, ${chunks} chunks without a lease, ${deliveries} deliveries due, ` +
    `${inFlight} in flight${tasks > 0 ? `, ${tasks} tasks` : ''}`
  );
}
