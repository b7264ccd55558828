import type { OpenTimes, OriginRow, Origins } from '../../../lib/store/origins';

interface Row {
  opened: number;
  openUntil: number;
  probeUntil: number;
}

/** The table of open breakers, in memory and by a clock of its own. Several `Breakers` may share it, like processes. */
export class SharedOrigins implements Pick<Origins, keyof Origins> {
  readonly rows = new Map<string, Row>();
  /** What was asked of it, in order. */
  readonly asked: string[] = [];
  /** Thrown instead of each answer. */
  failure: Error | undefined;

  constructor(private readonly clock: { readonly now: number }) {}

  async all(): Promise<readonly OriginRow[]> {
    this.#ask('all');
    return [...this.rows.keys()].map((origin) => this.#row(origin));
  }

  async claimProbe(origin: string, leaseMs: number) {
    this.#ask('claimProbe');
    const row = this.rows.get(origin);
    const { now } = this.clock;
    const isClaimed = row !== undefined && row.openUntil <= now && row.probeUntil <= now;
    if (isClaimed) row.probeUntil = now + leaseMs;
    return { is_claimed: isClaimed, is_open: row !== undefined };
  }

  async endProbe(origin: string): Promise<void> {
    this.#ask('endProbe');
    const row = this.rows.get(origin);
    if (row) row.probeUntil = 0;
  }

  async open(origin: string, { firstMs, longestMs, spread }: OpenTimes) {
    this.#ask('open');
    const row = this.rows.get(origin);
    const { now } = this.clock;
    if (row && row.openUntil > now) return undefined;
    const opened = row?.opened ?? 0;
    const openMs = Math.min(firstMs * 2 ** opened, longestMs) * spread;
    this.rows.set(origin, { opened: opened + 1, openUntil: now + openMs, probeUntil: 0 });
    return this.#row(origin);
  }

  async close(origin: string): Promise<void> {
    this.#ask('close');
    this.rows.delete(origin);
  }

  #ask(what: string): void {
    this.asked.push(what);
    if (this.failure) throw this.failure;
  }

  #row(origin: string): OriginRow {
    const { openUntil = 0, probeUntil = 0 } = this.rows.get(origin) ?? {};
    const { now } = this.clock;
    return {
      origin,
      open_ms: openUntil - now,
      probe_ms: probeUntil === 0 ? null : probeUntil - now,
    };
  }
}
