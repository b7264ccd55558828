import fc from 'fast-check';
import type { HookEvent, JsonRecord } from '../../../lib';
import { type Edit, edits, MatchingFlow, SHARED } from '../application/matching-flow';
import { Everything } from '../entities/matching-entities';
import { entity, rowEvent, rows } from '../entities/matching-rows';
import { type Draft, drafts } from '../oracle/matching-arbitraries';
import type { Wish } from '../oracle/oracle';

/** The options of a process of matching-processes.spec.ts, given as JSON in its first argument. */
export interface MatchingOptions {
  readonly url: string;
  readonly seed: number;
  /** Number of steps. */
  readonly steps: number;
}

/** What a listener wanted for certain during a period. Times are milliseconds since 1970. */
export interface Version {
  readonly listenerId: string;
  /** Null if the listener was inactive. */
  readonly wish: Wish | null;
  /** The time at which the commit returned. */
  readonly from: number;
  /** The time at which the next change began. */
  until: number;
}

/** The actions of a process, sent to its parent at the end. */
export interface Log {
  readonly versions: Version[];
  readonly events: { readonly event: HookEvent; readonly committedAfter: number }[];
  /** The listeners that `hooks.listeners.matching` found meanwhile. */
  readonly matches: {
    readonly event: HookEvent;
    readonly from: number;
    readonly until: number;
    readonly listenerIds: readonly string[];
  }[];
}

type Step =
  | { readonly kind: 'save'; readonly draft: Draft; readonly isSlow: boolean }
  | { readonly kind: 'edit'; readonly edit: Edit }
  | { readonly kind: 'event'; readonly row: JsonRecord }
  /** Saves listeners that each process saves. */
  | { readonly kind: 'contend'; readonly drafts: readonly Draft[]; readonly nth: number }
  | { readonly kind: 'reindex' };

const STEPS: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('save' as const),
      draft: drafts,
      isSlow: fc.boolean(),
    }),
  },
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('edit' as const), edit: edits }) },
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('event' as const), row: rows }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('contend' as const),
      drafts: fc.array(drafts, { minLength: 1, maxLength: 3 }),
      nth: fc.nat(SHARED.length),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reindex' as const) }) },
);

class Worker {
  readonly log: Log = { versions: [], events: [], matches: [] };
  readonly #latest = new Map<string, Version>();
  #captured = '';

  constructor(private readonly flow: MatchingFlow) {
    flow.hooks.on('captured', ({ eventId }) => {
      this.#captured = eventId;
    });
  }

  async do(step: Step): Promise<void> {
    switch (step.kind) {
      case 'save':
        return this.#save(step.draft, step.isSlow);
      case 'edit':
        return this.#edit(step.edit);
      case 'event':
        return this.#event(step.row);
      case 'contend':
        return this.#contend(step.drafts, step.nth);
      case 'reindex':
        await this.flow.hooks.listeners.reindex();
    }
  }

  /** A slow save leaves its transaction open while the process does something else. */
  async #save(draft: Draft, isSlow: boolean): Promise<void> {
    const { dataSource } = this.flow.application;
    const [saved] = isSlow
      ? await dataSource.transaction(async (manager) => {
          const listeners = await this.flow.save([draft], { manager });
          await manager.query('SELECT pg_sleep(0.01)');
          return listeners;
        })
      : await this.flow.save([draft]);
    if (saved) this.#note(saved.id);
  }

  async #edit(edit: Edit): Promise<void> {
    if (this.flow.isEmpty) return;
    const id = this.flow.idOf(edit.nth);
    const before = this.#latest.get(id);
    if (before) before.until = Date.now();
    await this.flow.edit(edit);
    this.#note(id);
  }

  async #contend(drafts: readonly Draft[], nth: number): Promise<void> {
    const { listeners } = this.flow.hooks;
    const saved = await listeners.saveMany(
      drafts.map((draft, n) => this.flow.builder(draft, SHARED[(nth + n) % SHARED.length])),
    );
    for (const [n, { id }] of saved.entries())
      await (n === 0 ? listeners.pause(id, 'a spec says so') : listeners.resume(id));
  }

  #note(listenerId: string): void {
    const wish = this.flow.wishes.get(listenerId) ?? null;
    const version = { listenerId, wish, from: Date.now(), until: Number.POSITIVE_INFINITY };
    this.#latest.set(listenerId, version);
    this.log.versions.push(version);
  }

  async #event(row: JsonRecord): Promise<void> {
    const runner = this.flow.application.dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.manager.save(Everything, entity(row));
    const event = rowEvent('insert', this.#captured, row, null);
    this.log.events.push({ event, committedAfter: Date.now() });
    await runner.commitTransaction();
    await runner.release();
    const from = Date.now();
    const listeners = await this.flow.hooks.listeners.matching(event);
    const listenerIds = listeners.map(({ id }) => id);
    this.log.matches.push({ event, from, until: Date.now(), listenerIds });
  }
}

async function main({ url, seed, steps }: MatchingOptions): Promise<void> {
  const flow = await MatchingFlow.start({
    url,
    dataSource: { poolSize: 4 },
    // The chunks are kept for the parent to read.
    attach: { leaseMs: 600_000, dispatcher: { dispatch: () => undefined } },
  });
  const worker = new Worker(flow);
  process.once('message', () => {
    doAll(worker, fc.sample(STEPS, { numRuns: steps, seed })).catch((error: unknown) => {
      console.error(error);
      process.exit(1);
    });
  });
  // Ends with the spec that started it.
  process.once('disconnect', () => process.exit());
  process.send?.('ready');
}

async function doAll(worker: Worker, steps: readonly Step[]): Promise<void> {
  for (const step of steps) await worker.do(step);
  process.send?.(worker.log);
}

if (process.send) void main(JSON.parse(process.argv[2] ?? '{}'));
