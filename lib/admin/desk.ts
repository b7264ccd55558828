import type { HookHistory } from '../attach/history';
import type { HookStats } from '../attach/stats';
import type { JsonValue } from '../base/json';
import type { DeliveryPage, DeliveryWhere } from '../delivery/log/deliveries';
import type { DeliveryWithAttempts, ShownRequest } from '../delivery/log/delivery';
import type { ReplayOptions } from '../delivery/log/replay';
import type { HookEvent } from '../hook/event';
import type { ListenerBuilder } from '../listener/declared/builder';
import type { Listener } from '../listener/declared/listener';
import type { TestResult } from '../listener/declared/test-result';
import type { Explanation } from '../listener/matching/audience';
import type { ListenerPage, ListenerPageOptions, ListenerWhere } from '../listener/saved/where';
import type { ModelHooks } from '../model-hooks';
import type { BulkResult } from '../options/bulk';
import { handlerName } from '../options/handler-ref';
import type { ListenerOptions } from '../options/listener';
import type { Principal } from './access/principal';
import { changesOf, type EditInput, type ListenerInput, optionsOf } from './listener-input';
import { isCurrent } from './listener-json';
import { conditionsOf } from './match-json';
import type { OwnerRights } from './options';
import { notFound, Problem } from './problem';

/**
 * What one principal may see and do. The API and the page use the library through it only, so that each check of an owner is in one place:
 * a listener or a delivery of somebody else does not exist.
 */
export class Desk {
  constructor(
    readonly hooks: ModelHooks,
    readonly principal: Principal,
    private readonly rights: Required<OwnerRights>,
  ) {}

  get isOperator(): boolean {
    return this.principal.role === 'operator';
  }

  /** Undefined for an operator, who sees all owners. */
  get owner(): string | undefined {
    return this.principal.role === 'owner' ? this.principal.owner : undefined;
  }

  may(right: keyof OwnerRights): boolean {
    return this.isOperator || this.rights[right];
  }

  /** Throws a problem with the status 403. */
  demand(right: keyof OwnerRights): void {
    if (!this.may(right)) throw new Problem(403, 'Owners are not allowed to do this here.');
  }

  /** The hooks that this principal can have listeners of. */
  get catalogue(): ReturnType<ModelHooks['list']> {
    const hooks = this.hooks.list();
    return this.isOperator ? hooks : hooks.filter(({ hasSender }) => hasSender);
  }

  async listeners(where: ListenerWhere, page: ListenerPageOptions): Promise<ListenerPage> {
    const { owner } = this;
    if (owner === undefined) return this.hooks.listeners.page(where, page);
    if (where.owner !== undefined && where.owner !== owner) return { items: [], nextCursor: null };
    return this.hooks.listeners.page({ ...where, owner }, page);
  }

  /** Throws a problem with the status 404. */
  async listener(id: string): Promise<Listener> {
    const listener = await this.hooks.listeners.get(id);
    if (!listener || !this.#owns(listener)) throw notFound('listener');
    return listener;
  }

  /** Creates a listener. The answer has its secret, unless owners may not see secrets. */
  async create(input: ListenerInput): Promise<Listener> {
    this.demand('create');
    return this.#withoutSecret(await this.#builder(input).save({ ifExists: 'reject' }));
  }

  /** Which of the last events of a hook a new listener would have got. Rejects like `create`. */
  async preview(
    input: ListenerInput,
    limit: number,
  ): Promise<readonly { readonly event: HookEvent; readonly explanation: Explanation }[]> {
    const builder = this.#builder(input);
    const { items } = await this.hooks.events.find({
      limit,
      ...(input.hook !== undefined && { hook: input.hook }),
      ...this.#scope,
    });
    const explained: { event: HookEvent; explanation: Explanation }[] = [];
    for (const event of items)
      explained.push({ event, explanation: await this.hooks.listeners.explain(event, builder) });
    return explained;
  }

  /** Changes a listener, if `ifMatch` names it as it is now. */
  async edit(id: string, input: EditInput, ifMatch: string): Promise<Listener> {
    this.demand('edit');
    const changes = changesOf(input);
    if (changes.owner !== undefined) this.#ownerOf(changes.owner);
    this.#checkTarget(changes);
    return this.hooks.listeners.update(id, (current) => {
      this.#checkCurrent(current, ifMatch);
      for (const member of ['hook', 'pattern'] as const)
        if (input[member] !== undefined && input[member] !== current[member])
          throw new Problem(422, `The ${member} of a listener cannot be changed.`, {
            faults: [{ path: member, detail: `must be ${current[member] ?? 'left out'}` }],
          });
      return changes;
    });
  }

  async remove(id: string, ifMatch: string): Promise<void> {
    this.demand('edit');
    const wasRemoved = await this.hooks.listeners.remove(id, (current) =>
      this.#checkCurrent(current, ifMatch),
    );
    if (!wasRemoved) throw notFound('listener');
  }

  async pause(id: string, reason: string): Promise<void> {
    this.demand('edit');
    await this.listener(id);
    await this.hooks.listeners.pause(id, reason);
  }

  async resume(id: string): Promise<void> {
    this.demand('edit');
    await this.listener(id);
    await this.hooks.listeners.resume(id);
  }

  async test(id: string): Promise<TestResult> {
    this.demand('test');
    await this.listener(id);
    return this.hooks.listeners.test(id);
  }

  async rotateSecret(
    id: string,
    options: Parameters<ModelHooks['listeners']['rotateSecret']>[1],
  ): Promise<Listener> {
    this.demand('secrets');
    await this.listener(id);
    return this.hooks.listeners.rotateSecret(id, options);
  }

  async deliveries(where: DeliveryWhere): Promise<DeliveryPage> {
    return this.hooks.deliveries.find({ ...where, ...this.#scope });
  }

  /** Throws a problem with the status 404. */
  async delivery(id: string): Promise<DeliveryWithAttempts> {
    const delivery = await this.hooks.deliveries.get(id, this.#scope);
    if (!delivery) throw notFound('delivery');
    // Details of an attempt can name internal addresses.
    if (this.isOperator) return delivery;
    return {
      ...delivery,
      attempts: delivery.attempts.map((attempt) => ({ ...attempt, detail: null })),
    };
  }

  async request(id: string): Promise<ShownRequest | null> {
    await this.delivery(id);
    return this.hooks.deliveries.request(id);
  }

  async retry(id: string): Promise<void> {
    this.demand('retry');
    await this.hooks.deliveries.retry(id, this.#scope);
  }

  async replay(options: ReplayOptions): Promise<BulkResult> {
    this.demand('retry');
    return this.hooks.deliveries.replay({ ...options, ...this.#scope });
  }

  /** Null for owners: it counts the work for all listeners. */
  async backlog(): Promise<HookStats | null> {
    return this.isOperator ? this.hooks.stats() : null;
  }

  /** What happened in the last hour. */
  async history(): Promise<HookHistory> {
    return this.hooks.history(this.#scope);
  }

  get #scope(): { readonly owner?: string } {
    return this.owner === undefined ? {} : { owner: this.owner };
  }

  #owns(listener: Listener): boolean {
    return this.owner === undefined || listener.owner === this.owner;
  }

  /** An owner's listener belongs to that owner, whatever the request says; naming another one is refused. */
  #ownerOf(given: string | null | undefined): { readonly owner?: string } {
    const { owner } = this;
    if (owner === undefined) return given == null ? {} : { owner: given };
    if (given !== undefined && given !== owner)
      throw new Problem(403, 'An owner cannot name another owner.', {
        faults: [{ path: 'owner', detail: 'must be left out' }],
      });
    return { owner };
  }

  /** Handlers run in this application, so only operators use them. */
  #checkTarget({ url }: { readonly url?: ListenerOptions['url'] | JsonValue | object }): void {
    const isHandler =
      typeof url === 'string' && (handlerName(url) !== null || /^\s*handler:/i.test(url));
    if (!this.isOperator && isHandler)
      throw new Problem(403, 'Only operators can name a handler.', {
        faults: [{ path: 'handler', detail: 'must be a URL' }],
      });
  }

  #builder(input: ListenerInput): ListenerBuilder {
    const { hook, pattern, match, operations } = input;
    const options = { ...optionsOf(input), ...this.#ownerOf(input.owner) };
    this.#checkTarget(options);
    const builder =
      hook === undefined
        ? this.hooks.listen(pattern ?? '', options)
        : this.hooks.get(hook).listener(options);
    return builder.on(...(operations ?? [])).match(conditionsOf(match ?? {}));
  }

  #checkCurrent(current: Listener, ifMatch: string): void {
    if (!this.#owns(current)) throw notFound('listener');
    if (!isCurrent(ifMatch, current))
      throw new Problem(412, 'The listener was changed meanwhile. Read it again.');
  }

  #withoutSecret(listener: Listener): Listener {
    if (this.may('secrets')) return listener;
    const { secret: _secret, ...others } = listener;
    return others;
  }
}
