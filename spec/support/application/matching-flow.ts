import { inspect, isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type {
  Condition,
  HookEvent,
  Listener,
  ListenerBuilder,
  Operation,
  SaveOptions,
} from '../../../lib';
import { HookCatalog } from '../../../lib/hook/catalog';
import { ListenerMatching } from '../../../lib/listener/matching/matching';
import * as matchers from '../../../lib/match/matcher';
import { Everything, Other, SIGNAL, TYPES } from '../entities/matching-entities';
import type { Draft } from '../oracle/matching-arbitraries';
import { type ColumnTypes, type Term, type Wish, wantedBy } from '../oracle/oracle';
import type { Application } from './application';
import { Flow, type FlowOptions } from './flow';
import { type Through, testStore } from './test-store';

export interface Edit {
  readonly nth: number;
  readonly how: 'pause' | 'resume' | 'remove' | 'update';
}

export const edits: fc.Arbitrary<Edit> = fc.record({
  nth: fc.nat(),
  how: fc.constantFrom('pause', 'resume', 'remove', 'update'),
});

/** Keys of listeners that several processes save. */
export const SHARED = Array.from({ length: 8 }, (_, n) => `shared ${n}`);

/** A database of listeners, and what the oracle knows about them. */
export class MatchingFlow extends Flow {
  /** The active listeners, by id. */
  readonly wishes = new Map<string, Wish>();
  readonly #known = new Map<string, Wish>();
  #saved = 0;

  private constructor(
    application: Application,
    private readonly whole: ListenerMatching,
  ) {
    super(application);
  }

  static override async start(
    options: FlowOptions = { attach: { work: false } },
  ): Promise<MatchingFlow> {
    const application = await Flow.start({ entities: [Everything, Other], ...options });
    const { dataSource, hooks } = application;
    const signal = { provides: Object.keys(TYPES[SIGNAL]) };
    hooks.define(SIGNAL, signal);
    const catalog = new HookCatalog(dataSource).load();
    catalog.define(SIGNAL, signal);
    return new MatchingFlow(application, new ListenerMatching(catalog));
  }

  async save(drafts: readonly Draft[], options?: SaveOptions): Promise<readonly Listener[]> {
    const builders = drafts.map((draft) => this.builder(draft));
    const saved = await this.hooks.listeners.saveMany(builders, options);
    for (const [n, draft] of drafts.entries()) {
      const { id } = saved[n] as Listener;
      this.wishes.set(id, { id, ...draft });
      this.#known.set(id, { id, ...draft });
    }
    return saved;
  }

  /** Each builder has a URL of its own, so that two equal drafts stay two listeners. */
  builder({ hook, pattern, owner, operations, match }: Draft, key?: string): ListenerBuilder {
    this.#saved += 1;
    const url = `http://127.0.0.1:9/${process.pid}/${this.#saved}`;
    const target = { url, ...(owner !== null && { owner }), ...(key !== undefined && { key }) };
    const begun =
      hook !== null
        ? this.hooks.get(hook).listener(target)
        : this.hooks.listen(String(pattern), target);
    const on = (operations ?? []) as readonly Operation[];
    return match.reduce<ListenerBuilder>(
      (builder, { field, term }) => builder.match({ [field]: matcherOf(term) }),
      begun.on(...on),
    );
  }

  get isEmpty(): boolean {
    return this.#known.size === 0;
  }

  /** The id of the nth listener that was saved here, including paused ones. */
  idOf(nth: number): string {
    return nthOf(this.#known, nth)[0];
  }

  async edit({ nth, how }: Edit): Promise<void> {
    const [id, wish] = nthOf(this.#known, nth);
    const { listeners } = this.hooks;
    switch (how) {
      case 'pause':
        await listeners.pause(id, 'a spec says so');
        this.wishes.delete(id);
        return;
      case 'resume':
        await listeners.resume(id);
        this.wishes.set(id, wish);
        return;
      case 'remove':
        await listeners.remove(id);
        this.wishes.delete(id);
        this.#known.delete(id);
        return;
      case 'update':
        await this.#update(wish);
    }
  }

  /** Gives the listener the matchers and operations of another listener to the same hook or pattern. */
  async #update(wish: Wish): Promise<void> {
    const { id, hook, pattern } = wish;
    const others = [...this.#known.values()].reverse();
    const other = others.find(
      (one) => one.hook === hook && one.pattern === pattern && one.id !== id,
    );
    if (!other) return;
    const term = Object.fromEntries(other.match.map(({ field, term }) => [field, term]));
    const match = Object.entries(term).map(([field, term]) => ({ field, term }));
    await this.hooks.listeners.update(id, {
      match: Object.fromEntries(match.map(({ field, term }) => [field, matcherOf(term)])),
      on: other.operations as readonly Operation[] | null,
    });
    this.#known.set(id, { ...wish, match, operations: other.operations });
    if (this.wishes.has(id)) this.wishes.set(id, { ...wish, match, operations: other.operations });
  }

  /** The ids of the listeners of each event, matched in one batch as planning does. */
  async matched(
    events: readonly HookEvent[],
    through?: Through,
  ): Promise<readonly (readonly string[])[]> {
    const matched = new Map(events.map((event) => [event, [] as string[]]));
    await testStore(this.application.dataSource, 1, through).snapshot(async (store) => {
      for await (const page of this.whole.matching(store, events))
        for (const { event, listenerIds } of page) matched.get(event)?.push(...listenerIds);
    });
    return events.map((event) => matched.get(event) ?? []);
  }

  /** Forgets all listeners. */
  override async clear(): Promise<void> {
    await this.query(
      'TRUNCATE model_hook_listener, model_hook_filter, model_hook_key, model_hook_plan, model_hook_pace',
    );
    this.wishes.clear();
    this.#known.clear();
  }

  /** The differences between the library and the oracle. */
  disagreements(event: HookEvent, got: readonly string[], types: ColumnTypes = TYPES): string[] {
    const wanted = wantedBy(this.wishes.values(), event, types);
    if (isDeepStrictEqual([...got].sort(), [...wanted].sort())) return [];
    const missed = wanted.filter((id) => !got.includes(id));
    const wrong = got.filter((id) => !wanted.includes(id));
    const twice = got.filter((id, n) => got.indexOf(id) < n);
    return Object.entries({ missed, wrong, twice }).flatMap(([how, ids]) =>
      ids.map((id) =>
        inspect({ how, wish: this.wishes.get(id) ?? id, event }, { depth: null, breakLength: 160 }),
      ),
    );
  }
}

function nthOf<K, V>(map: ReadonlyMap<K, V>, nth: number): readonly [K, V] {
  return [...map][nth % map.size] as [K, V];
}

const BUILDERS = { ...matchers } as unknown as Record<
  Term['op'],
  (...operands: readonly unknown[]) => Condition
>;

/** The library's matcher for a condition of the oracle. */
function matcherOf(term: Term): Condition {
  const build = BUILDERS[term.op];
  switch (term.op) {
    case 'any':
    case 'changed':
    case 'isNull':
    case 'isTrue':
    case 'isFalse':
      return build();
    case 'between':
      return build(...term.operand);
    case 'not':
    case 'was':
    case 'becomes':
      return build(matcherOf(term.operand));
    case 'allOf':
    case 'anyOf':
      return build(...term.operand.map(matcherOf));
    default:
      return build(term.operand);
  }
}
