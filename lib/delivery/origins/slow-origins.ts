import { remember } from '../../base/remember';

/** How long a time-out is held against an origin that has answered nothing since: longer than a breaker leaves it alone. */
const LATELY_MS = 600_000;
/** Origins remembered at most; the one that timed out longest ago is forgotten. */
const MAX_ORIGINS = 10_000;

/** Origins that timed out lately. */
export class SlowOrigins {
  readonly #until = new Map<string, number>();

  constructor(private readonly now = () => Date.now()) {}

  add(origin: string): void {
    remember(this.#until, MAX_ORIGINS, origin, this.now() + LATELY_MS);
  }

  /** False where it was none of them. */
  delete(origin: string): boolean {
    return this.#until.delete(origin);
  }

  has(origin: string): boolean {
    const until = this.#until.get(origin);
    if (until === undefined) return false;
    if (until > this.now()) return true;
    this.#until.delete(origin);
    return false;
  }
}
