import { setTimeout as sleep } from 'node:timers/promises';
import { Deadline } from '../base/deadline';
import type { DeliveryEngine } from '../dispatch/engine';
import { IdleTimeoutError } from '../errors/attach-errors';
import type { HookCatalog } from '../hook/catalog';
import type { Reporter } from '../logging/reports';
import type { Store } from '../store/store';
import type { Vault } from '../vault/vault';
import type { Attachment } from './attachment';
import type { Idle } from './idle';

/** What `hooks.runOnce()` did. */
export interface RunOnceResult {
  /** Number of events that it planned. */
  readonly planned: number;
  /** Number of deliveries that ended as `done`. */
  readonly delivered: number;
  /** Number of events and deliveries that are due at the end and held by no process. Of each kind at most 1,000 are counted. */
  readonly left: number;
}

export interface RunOnceParts {
  readonly attachment: Pick<Attachment, 'engine' | 'working'>;
  readonly idle: Pick<Idle, 'wait'>;
  readonly store: Pick<Store, 'upkeep'>;
  readonly catalog: Pick<HookCatalog, 'all'>;
  readonly vault: Pick<Vault, 'ids'>;
  readonly reporter: Pick<Reporter, 'on'>;
}

/** Works until nothing is due, or until a deadline. Then this process stops, unless it works anyway. */
export class RunOnce {
  constructor(
    private readonly parts: RunOnceParts,
    private readonly delivery: { readonly timeoutMs: number },
  ) {}

  async run(deadlineMs: number): Promise<RunOnceResult> {
    const { attachment, reporter } = this.parts;
    const deadline = new Deadline(deadlineMs);
    const counts = { planned: 0, delivered: 0 };
    const end = reporter.on('outcome', ({ status }) => {
      if (status === 'done') counts.delivered += 1;
    });
    try {
      const used = await attachment.working.during(deadline, async () => {
        const { engine } = attachment;
        const before = engine?.planned ?? 0;
        await this.#work(deadline);
        counts.planned = (engine?.planned ?? before) - before;
        return engine;
      });
      if (used && !used.isRunning) await untilQuiet(used);
    } finally {
      end();
    }
    return { ...counts, left: await this.#left() };
  }

  /** Requests that are in flight at the end have some time before the deadline. */
  async #work(deadline: Deadline): Promise<void> {
    const reserveMs = Math.min(this.delivery.timeoutMs, deadline.leftMs / 2);
    try {
      await this.parts.idle.wait(deadline.leftMs - reserveMs);
    } catch (error) {
      if (!(error instanceof IdleTimeoutError)) throw error;
    }
  }

  async #left(): Promise<number> {
    const { catalog, vault } = this.parts;
    const { upkeep } = this.parts.store;
    const here = { hooks: catalog.all(), encryptionKeyIds: vault.ids };
    const { events, deliveries } = await upkeep.countDue({ ...here, soonMs: SOON_MS, barred: [] });
    return events + deliveries + (await upkeep.countUnheld());
  }
}

/** A plan or a claim that had begun when the engine stopped is still stored, and given back. */
async function untilQuiet(engine: Pick<DeliveryEngine, 'isBusy' | 'inFlight'>): Promise<void> {
  const deadline = new Deadline(QUIET_MS);
  while ((engine.isBusy || engine.inFlight > 0) && !deadline.hasPassed) await sleep(POLL_MS);
}

const QUIET_MS = 2_000;
const POLL_MS = 5;
/** A delivery that was given back is due within this time. */
const SOON_MS = 1_500;
