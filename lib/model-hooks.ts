import type { DataSource, EntityTarget, ObjectLiteral } from 'typeorm';
import { checkDataSource, checkTables, checkVersion, installedVersion } from './attach/checks';
import { Idle } from './attach/idle';
import { followLifecycle } from './attach/lifecycle';
import { type ListenerParts, listenerParts } from './attach/listener-parts';
import { type AttachOptions, type ResolvedOptions, resolveOptions } from './attach/options';
import { Session } from './attach/session';
import { type Stats, stats } from './attach/stats';
import { silence } from './capture/silence';
import { sendTest } from './delivery/attempt/test-delivery';
import { Wakeup } from './delivery/chunk/wakeup';
import { Deliveries } from './delivery/log/deliveries';
import { OptionInvalidError } from './errors/option-errors';
import { HookCatalog } from './hook/catalog';
import type { FilterOf } from './hook/filter';
import type { Hook } from './hook/hook';
import type { DefinedHookOptions } from './hook/options';
import { AttachedHook, DefinedHook, type SendOptions } from './listener/attached-hook';
import type { ListenerBuilder } from './listener/declared/builder';
import type { Listeners } from './listener/listeners';
import { reviewListeners } from './listener/review';
import { checkKeys, warnOfPlainSecrets } from './listener/secrets/encryption-key-check';
import { Reporter, type ReportName, type Reports } from './logging/reports';
import type { ListenerOptions } from './options/listener';
import { Policies } from './recipient/policies';
import { Database } from './store/database';
import { Store } from './store/store';
import { tablesOf } from './store/tables';

const attachments = new WeakMap<DataSource, Promise<ModelHooks>>();

const IDLE_TIMEOUT_MS = 30_000;

/** The hooks of one DataSource: who may listen to them, and what became of their events. Start reading here. */
export class ModelHooks {
  /** Stored listeners. */
  readonly listeners: Listeners;
  /** What became of events. */
  readonly deliveries: Deliveries;
  readonly #store: Store;
  readonly #wakeup = new Wakeup();
  readonly #parts: ListenerParts;
  readonly #reporter = new Reporter();
  readonly #idle: Idle;
  readonly #catalog: HookCatalog;
  readonly #policies: Policies;
  #session: Session | undefined;
  #isDetached = false;

  /**
   * Captures the changes of hooked entities and, unless told otherwise, sends their events. Attaching again gives the same attachment,
   * and after `detach()` sends again. Rejects with `DATASOURCE_NOT_INITIALISED`, `TYPEORM_UNSUPPORTED`, `TABLES_MISSING`,
   * `OPTION_INVALID`, `SECRET_KEY_MISSING`, `HOOK_UNKNOWN_FIELD`, `HOOK_DUPLICATE`, `HOOK_UNKNOWN_OPERATION`.
   */
  static async attach(dataSource: DataSource, options: AttachOptions = {}): Promise<ModelHooks> {
    const attached = attachments.get(dataSource);
    if (attached) return (await attached).#resume();
    const attaching = ModelHooks.#attach(dataSource, options);
    attachments.set(dataSource, attaching);
    attaching.catch(() => attachments.delete(dataSource));
    return attaching;
  }

  static async #attach(dataSource: DataSource, options: AttachOptions): Promise<ModelHooks> {
    checkVersion(installedVersion());
    checkDataSource(dataSource);
    const hooks = new ModelHooks(dataSource, resolveOptions(options));
    await hooks.#start().catch((error: unknown) => hooks.#abandon(error));
    warnOfPlainSecrets(hooks.options);
    followLifecycle(dataSource, {
      initialised: () => hooks.#start(),
      destroying: () => hooks.#end(),
    });
    return hooks;
  }

  private constructor(
    private readonly dataSource: DataSource,
    private readonly options: ResolvedOptions,
  ) {
    this.#store = new Store(new Database(dataSource, options.connections), tablesOf(dataSource));
    this.#catalog = new HookCatalog(dataSource);
    this.#policies = new Policies(options.policy, this.#catalog);
    const shared = {
      store: this.#store,
      catalog: this.#catalog,
      policies: this.#policies,
    };
    this.#parts = listenerParts({
      ...shared,
      dataSource,
      startedAt: () => this.#current.startedAt,
      logger: options.logger,
      vault: options.vault,
      sendTest: (listener) => sendTest({ ...shared, options }, listener),
    });
    this.listeners = this.#parts.listeners;
    this.deliveries = new Deliveries(this.#store, this.#wakeup);
    this.#idle = new Idle(
      this.#store,
      this.#catalog,
      this.#parts.matching,
      () => this.#session?.engine,
    );
  }

  /**
   * The hook of an entity. TypeScript checks its filters against the entity's properties; computed fields are named beside them:
   * `hooks.for<Person & { fullName: string }>(Person)`. Throws `HOOK_NOT_FOUND`, and `HOOK_AMBIGUOUS` where it has several.
   */
  for<Entity extends ObjectLiteral>(
    entity: EntityTarget<Entity> | (abstract new (...args: never[]) => Entity),
  ): AttachedHook<FilterOf<Entity>> {
    return this.#handle(this.#catalog.of(entity)) as AttachedHook<FilterOf<Entity>>;
  }

  /** A hook by its name. Throws `HOOK_NOT_FOUND`. */
  get(name: string): AttachedHook {
    return this.#handle(this.#catalog.get(name));
  }

  list(): readonly AttachedHook[] {
    return this.#catalog.list().map((hook) => this.#handle(hook));
  }

  /** Makes a hook that is not an entity's; its event bears its name. Throws `HOOK_DUPLICATE`. */
  define<const Field extends string>(
    name: string,
    options: DefinedHookOptions<Field>,
  ): DefinedHook<Field> {
    const policy = this.#policies.checked(options);
    const hook = this.#catalog.define(name, options);
    this.#policies.set(hook, policy);
    return this.#handle(hook) as DefinedHook<Field>;
  }

  /** Sends an event of a defined hook. Rejects with `HOOK_NOT_FOUND`; see `DefinedHook.send`. */
  async send(
    name: string,
    data: Readonly<Record<string, unknown>>,
    options: SendOptions = {},
  ): Promise<string> {
    return this.#current.send(this.#catalog.get(name), data, options);
  }

  /** Begins a listener to events by name: an exact one, `'*'`, `'<first part>.*'` or `'*.<rest>'`. */
  listen(pattern: string, target: string | ListenerOptions): ListenerBuilder {
    return this.listeners.build({ hook: null, pattern }, target);
  }

  /**
   * Resolves when nothing is in flight here and nothing is due now; retries of the future are not waited for. Rejects with
   * `IDLE_TIMEOUT`.
   */
  idle({ timeoutMs = IDLE_TIMEOUT_MS }: { readonly timeoutMs?: number } = {}): Promise<void> {
    return this.#idle.wait(timeoutMs);
  }

  /** Stops sending and finishes what is in flight. Changes are captured until `dataSource.destroy()`, for others to send. */
  async detach(): Promise<void> {
    this.#isDetached = true;
    await this.#session?.stop();
  }

  /** Reports facts as they happen; gives a function that ends it. Also on the diagnostics channel `typeorm-model-hooks:<name>`. */
  on<Name extends ReportName>(name: Name, fn: (report: Reports[Name]) => void): () => void {
    return this.#reporter.on(name, fn);
  }

  /** How much there is to do, and what has been done lately. */
  stats(): Promise<Stats> {
    return stats(this.#store.database, this.#store.tables);
  }

  /** Runs something whose changes make no events: imports, seeds. */
  silence<T>(fn: () => T): T {
    return silence(fn);
  }

  /** The same as `hooks.listeners.reencrypt()`. */
  reencrypt(options?: Parameters<Listeners['reencrypt']>[0]): Promise<number> {
    return this.listeners.reencrypt(options);
  }

  get #current(): Session {
    if (!this.#session) throw new OptionInvalidError('dataSource', 'initialised: it was destroyed');
    return this.#session;
  }

  #handle(hook: Hook): AttachedHook {
    if (hook.metadata) return new AttachedHook(hook, this.listeners);
    return new DefinedHook(hook, this.listeners, (...sent) => this.#current.send(...sent));
  }

  async #resume(): Promise<ModelHooks> {
    if (this.#isDetached && this.dataSource.isInitialized) {
      this.#isDetached = false;
      await this.#session?.work();
    }
    return this;
  }

  async #start(): Promise<void> {
    await checkTables(this.#store.database, this.#store.tables);
    await checkKeys(this.#store.database, this.#store.tables, this.options.vault);
    const catalog = this.#catalog.load();
    const { database, tables } = this.#store;
    await reviewListeners(
      { database, tables, store: this.#parts.saved },
      catalog,
      this.options.logger,
    );
    for (const hook of catalog.list()) this.#policies.set(hook);
    const { dataSource, options } = this;
    this.#session = new Session(
      {
        dataSource,
        options,
        store: this.#store,
        wakeup: this.#wakeup,
        matching: this.#parts.matching,
        reporter: this.#reporter,
        policies: this.#policies,
      },
      catalog,
    );
    this.#session.subscribe();
    if (!this.#isDetached) await this.#session.work();
  }

  /** Leaves the DataSource as it was: whoever tries again is not to have every event twice. */
  async #abandon(error: unknown): Promise<never> {
    this.#session?.unsubscribe();
    await this.#end().catch(() => undefined);
    throw error;
  }

  async #end(): Promise<void> {
    await this.#session?.stop();
    this.#session = undefined;
  }
}
