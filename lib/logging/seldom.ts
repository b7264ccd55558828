import { monotonicMs } from '../base/clock';
import { ExpiringMap } from '../base/expiring-map';

/** Subjects remembered at once. */
const MAX_REMEMBERED = 1_000;

/** Says whether something is to be logged again: each subject once in a while. */
export class Seldom {
  readonly #logged: ExpiringMap<string, true>;

  constructor(
    private readonly everyMs: number,
    private readonly now = monotonicMs,
  ) {
    this.#logged = new ExpiringMap(MAX_REMEMBERED, now);
  }

  /** True for the first call for a subject within the time. */
  isDue(subject: string): boolean {
    if (this.#logged.has(subject)) return false;
    this.#logged.set(subject, true, this.now() + this.everyMs);
    return true;
  }
}
