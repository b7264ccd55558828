import type { DataSource } from 'typeorm';
import { endsWithin } from '../../base/deadline';
import type { JsonRecord } from '../../base/json';
import { CaptureFailedError } from '../../errors/capture-errors';
import type { HookCatalog } from '../../hook/catalog';
import type { ClaimedEvent } from '../../store/events';
import type { Vault } from '../../vault/vault';
import { type HookedEntity, hookedEntities } from '../entity/hooked-entity';
import { evaluated } from '../functions';
import { newEventRow, type ReadyEvent } from '../outbox/outbox';
import type { SizeLimits } from '../outbox/size-limits';
import { withTargets } from '../targets';
import { needsOf } from './needs';

/** What a trigger stored for the functions and conditions of a hook. */
export interface StoredSource {
  /** The discriminator of the row's class. */
  readonly class: string;
  /** The options of the hook that have to be evaluated. */
  readonly needs: readonly string[];
  readonly key: readonly string[];
  readonly now: JsonRecord;
  /** Null for an insert and a remove. */
  readonly before: JsonRecord | null;
}

/** What the functions of its hook make of an event. */
export type Evaluation =
  /** The event is complete as it is stored. */
  | { readonly kind: 'complete' }
  | { readonly kind: 'evaluated'; readonly values: ReturnType<typeof newEventRow> }
  /** A condition is not met, or nothing that the hook provides has changed. */
  | { readonly kind: 'unwanted' }
  /** A function threw, or the event is too large. */
  | { readonly kind: 'failed'; readonly error: unknown }
  /** The hook has other functions in this process. */
  | { readonly kind: 'foreign' };

/** How long `resolve` may take when events are planned: others wait for it. */
const RESOLVE_MS = 10_000;

/** Evaluates the functions and conditions of hooks on rows that triggers stored. */
export class SourceEvaluation {
  readonly #hooked: readonly HookedEntity[];

  constructor(
    private readonly dataSource: DataSource,
    catalog: HookCatalog,
    private readonly parts: { readonly vault: Vault; readonly limits: SizeLimits },
  ) {
    this.#hooked = [...hookedEntities(dataSource, catalog).values()].flat();
  }

  /** Whether the event has to be evaluated: it waits for functions, or its size is limited. */
  concerns({ source, hook }: Pick<ClaimedEvent, 'source' | 'hook'>): boolean {
    return source !== null || this.parts.limits.isSetFor({ name: hook });
  }

  /** Never rejects. */
  async evaluate(event: ClaimedEvent): Promise<Evaluation> {
    try {
      return event.source === null ? this.#measured(event) : await this.#evaluated(event);
    } catch (error) {
      return { kind: 'failed', error };
    }
  }

  #measured({ hook, data }: ClaimedEvent): Evaluation {
    this.parts.limits.check({ hook: { name: hook }, data });
    return { kind: 'complete' };
  }

  /** Throws `HOOK_CAPTURE_FAILED` and `PAYLOAD_TOO_LARGE`. */
  async #evaluated({ id, hook, operation, source, context }: ClaimedEvent): Promise<Evaluation> {
    const { class: ofClass, needs, key, now, before } = source as unknown as StoredSource;
    const hooked = this.#hookedOf(hook, ofClass);
    const own = hooked && new Set(needsOf(hooked.hook));
    if (!own || operation === null || needs.some((need) => !own.has(need)))
      return { kind: 'foreign' };
    const row = { values: now, key };
    const old = before && { values: before, key };
    const event = evaluated(this.dataSource, { hooked, operation, row, before: old });
    if (!event) return { kind: 'unwanted' };
    this.parts.limits.check(event);
    return {
      kind: 'evaluated',
      values: newEventRow(await this.#resolved({ ...event, id, context })),
    };
  }

  async #resolved(event: ReadyEvent): Promise<ReadyEvent> {
    const resolving = withTargets(this.dataSource, event, this.parts.vault);
    if (await endsWithin(resolving, RESOLVE_MS)) return resolving;
    throw new CaptureFailedError(
      event.hook.name,
      `\`resolve\` did not answer within ${RESOLVE_MS} ms.`,
    );
  }

  #hookedOf(hook: string, ofClass: string): HookedEntity | undefined {
    const own = this.#hooked.filter((one) => one.hook.name === hook);
    const isOfClass = ({ metadata: { discriminatorValue, name } }: HookedEntity) =>
      String(discriminatorValue ?? name) === ofClass;
    return own.find(isOfClass) ?? own[0];
  }
}
