import fc from 'fast-check';
import type { HookEvent } from '../../lib';
import type { Wish } from '../support/oracle';
import { type Draft, plainDrafts } from './matching-arbitraries';
import { Everything } from './matching-entities';
import { MatchingFlow, matcherOf } from './matching-flow';
import { insertedRow, rows } from './matching-rows';

/** What a process of matching-processes.spec.ts is started with, as JSON in its first argument. */
export interface MatchingOptions {
  readonly url: string;
  readonly seed: number;
  /** How many things it does. */
  readonly steps: number;
}

/** What a listener asked for, as long as it certainly did; in milliseconds since 1970. */
export interface Version {
  /** Null where it was to hear nothing. */
  readonly wish: Wish | null;
  /** When the commit had returned. */
  readonly from: number;
  /** When the next change began. */
  until: number | null;
}

/** What a process did, sent to its parent at the end. */
export interface Log {
  readonly listeners: Record<string, Version[]>;
  readonly events: { readonly event: HookEvent; readonly committedAfter: number }[];
  readonly matches: {
    readonly eventId: string;
    readonly from: number;
    readonly until: number;
    readonly listenerIds: readonly string[];
  }[];
}

class Worker {
  readonly log: Log = { listeners: {}, events: [], matches: [] };

  constructor(private readonly flow: MatchingFlow) {}

  async do(step: Step): Promise<void> {
    switch (step.kind) {
      case 'save':
        return this.#save(step.draft);
      case 'event':
        return this.#event(step.row);
      case 'edit':
      case 'pause':
      case 'resume':
      case 'remove':
        return this.#edit(step);
    }
  }

  /** Half of them in a transaction that does something else before it commits. */
  async #save(draft: Draft): Promise<void> {
    const builder = this.flow.builder(draft);
    const { dataSource } = this.flow.application;
    const { id } = await (draft.owner === null
      ? builder.save()
      : dataSource.transaction(async (manager) => {
          const saved = await builder.save({ manager });
          await manager.query('SELECT pg_sleep(0.005)');
          return saved;
        }));
    this.log.listeners[id] = [{ wish: { id, ...draft }, from: Date.now(), until: null }];
  }

  async #edit({ kind, nth, draft }: Extract<Step, { nth: number }>): Promise<void> {
    const alive = Object.entries(this.log.listeners);
    const [id, versions] = alive[nth % alive.length] ?? [];
    const last = versions?.at(-1);
    if (id === undefined || !versions || !last) return;
    const { listeners } = this.flow.hooks;
    if (!(await listeners.get(id))) return;
    const asked = versions.findLast(({ wish }) => wish)?.wish ?? null;
    last.until = Date.now();
    let wish = kind === 'resume' ? asked : null;
    if (kind === 'pause') await listeners.pause(id, 'a spec says so');
    if (kind === 'resume') await listeners.resume(id);
    if (kind === 'remove') await listeners.remove(id);
    if (kind === 'edit') wish = last.wish && (await this.#update(id, { ...last.wish, match: draft.match }));
    versions.push({ wish, from: Date.now(), until: null });
  }
}
