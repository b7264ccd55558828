import type { Job } from '../origins/lane';
import type { TargetLanes } from '../origins/target-lanes';
import type { Recorder } from '../record/recorder';
import type { AttemptRecord } from './pending';

export interface ChunkInWorkParts {
  readonly recorder: Pick<Recorder, 'add'>;
  readonly lanes: Pick<TargetLanes, 'size' | 'giveBack'>;
}

/** Deliveries that have not started by then get rows of their own, so that the chunk ends. */
const CHUNK_BUDGET_MS = 10_000;

/** A chunk that is being sent: which of its deliveries wait for a place, and how many have no outcome yet. */
export class ChunkInWork {
  /** Resolves when the outcome of each delivery was handed to the recorder. */
  readonly finished: Promise<void>;
  readonly #waiting = new Set<Job>();
  readonly #timer: NodeJS.Timeout;
  #left: number;
  #finish: () => void = () => undefined;

  constructor(
    deliveries: number,
    private readonly parts: ChunkInWorkParts,
  ) {
    this.#left = deliveries;
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#timer = setTimeout(() => this.#outOfTime(), CHUNK_BUDGET_MS).unref();
  }

  /** A delivery waits for a place at its origin. */
  addWaiting(job: Job): void {
    this.#waiting.add(job);
  }

  /** It does not wait any longer. */
  removeWaiting(job: Job): void {
    this.#waiting.delete(job);
  }

  /** Hands the outcome of a delivery to the recorder. The last one closes the chunk. */
  record(record: AttemptRecord): void {
    const { recorder, lanes } = this.parts;
    this.#left -= 1;
    const closes = this.#left === 0;
    recorder.add({ ...record, closes }, lanes.size <= 1);
    if (!closes) return;
    clearTimeout(this.#timer);
    this.#finish();
  }

  #outOfTime(): void {
    this.parts.lanes.giveBack('its turn did not come in time', (job) => this.#waiting.has(job));
  }
}
