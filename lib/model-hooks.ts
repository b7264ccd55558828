import type { DataSource } from 'typeorm';
import { checkDataSource, checkVersion, DATA_SOURCE, installedVersion } from './attach/checks';
import { type DetachOptions, detachDeadlineMs } from './attach/detach';
import { offerRecorder } from './attach/event-recorder';
import { type HistoryOptions, type HookHistory, hookHistory } from './attach/history';
import { type IdleOptions, idleTimeoutMs } from './attach/idle';
import { followLifecycle } from './attach/lifecycle';
import {
  type AttachOptions,
  checkSameOptions,
  type ResolvedOptions,
  resolveOptions,
} from './attach/options';
import { currentOf, type HooksParts, hooksParts } from './attach/parts';
import type { RunOnceResult } from './attach/run-once';
import { type HookStats, hookStats } from './attach/stats';
import type { Testing } from './attach/testing';
import { triggersOf } from './attach/triggers-of';
import {
  checkedWork,
  type RunOnceOptions,
  runOnceDeadlineMs,
  type WorkOptions,
} from './attach/work-options';
import { Worker } from './attach/worker';
import { shared } from './base/shared';
import { withCriteria } from './capture/criteria';
import { silence } from './capture/silence';
import type { Triggers } from './capture/triggers/triggers';
import { Declarations } from './declarations';
import type { Deliveries } from './delivery/log/deliveries';
import type { EventLog } from './delivery/log/event-log';
import {
  BUFFER_DEFAULTS,
  BUFFER_SHAPE,
  type BufferOptions,
  type EventBuffer,
} from './dispatch/event-buffer';
import type { Diagnosis } from './doctor/finding';
import { NotInitialisedError } from './errors/attach-errors';
import { globbedSchemas } from './hook/entities';
import type { Listeners } from './listener/listeners';
import { warnOfPlainSecrets } from './listener/secrets/encryption-key-check';
import { REPORT_NAMES, type ReportName, type Reports } from './logging/reports';
import { checkArgument, checkedOptions } from './options/checked';
import { CRITERIA_MODES, type CriteriaMode } from './options/criteria';
import { FUNCTION, oneOf } from './options/rules';
import type { PublicJwk } from './signing/key-ring';
import { findTables, type Tables } from './store/tables';

interface Attached {
  /** A second `attach`, by the copy of this package that made the first. */
  again(options: AttachOptions): Promise<ModelHooks>;
}

const attachments = shared(
  'typeorm-model-hooks.attachments.v1',
  () => new WeakMap<DataSource, Attached>(),
);

/** The hooks of one DataSource, their listeners, and the deliveries of their events. The code of the library begins in `Pipeline`. */
export class ModelHooks extends Declarations {
  /** Stored deliveries. */
  readonly deliveries: Deliveries;
  /** Stored events. */
  readonly events: EventLog;
  /** The triggers of hooks with `capture: 'triggers'`: their SQL, and their state in the database. */
  readonly triggers: Triggers;
  /** For tests of an application; see also the entry `typeorm-model-hooks/testing`. */
  readonly testing: Testing;
  readonly #parts: HooksParts;

  /**
   * Captures the changes of hooked entities and, unless `work` is `false`, sends their events. A second call returns the same object,
   * and sends again after `detach()`. Rejects with `DATASOURCE_NOT_INITIALISED`, `TYPEORM_UNSUPPORTED`, `TABLES_MISSING`,
   * `OPTION_INVALID`, `SECRET_KEY_MISSING`, `HOOK_UNKNOWN_FIELD`, `HOOK_DUPLICATE`, `HOOK_UNKNOWN_OPERATION`.
   *
   * @example
   * const hooks = await ModelHooks.attach(dataSource, { delivery: { timeoutMs: 5_000 } });
   * await hooks.for(Person).listener('https://example.com/hooks').match({ name: 'Joe' }).save();
   */
  static async attach(dataSource: DataSource, options: AttachOptions = {}): Promise<ModelHooks> {
    checkArgument('dataSource', dataSource, DATA_SOURCE);
    const attached = attachments.get(dataSource);
    if (attached) return attached.again(options);
    const hooks = ModelHooks.#attach(dataSource, options);
    attachments.set(dataSource, { again: async (more) => (await hooks).#again(more) });
    hooks.catch(() => attachments.delete(dataSource));
    return hooks;
  }

  static async #attach(dataSource: DataSource, options: AttachOptions): Promise<ModelHooks> {
    checkVersion(installedVersion());
    checkDataSource(dataSource);
    const hooks = new ModelHooks(dataSource, resolveOptions(options), await findTables(dataSource));
    await hooks.#parts.attachment.initialised();
    warnOfPlainSecrets(hooks.options);
    followLifecycle(dataSource, hooks.#parts.attachment);
    offerRecorder(dataSource, hooks.#parts.recorder);
    return hooks;
  }

  /** The triggers of the hooks of an initialised DataSource, without attaching: for migrations and deployment. */
  static readonly triggers = triggersOf;

  /**
   * What `hooks.doctor()` finds, without attaching: nothing is captured or sent, and missing tables and triggers are findings. `register`
   * gets the hooks before, to define further ones. Rejects with `DATASOURCE_NOT_INITIALISED`, `TYPEORM_UNSUPPORTED`, `OPTION_INVALID` and
   * the errors of hooks.
   *
   * @example
   * const { ok, findings } = await ModelHooks.doctor(dataSource, { capture: 'triggers' });
   */
  static async doctor(
    dataSource: DataSource,
    options: AttachOptions = {},
    register: (hooks: ModelHooks) => unknown = () => undefined,
  ): Promise<Diagnosis> {
    return (await ModelHooks.unattached(dataSource, options, register)).doctor();
  }

  /**
   * Hooks that capture and send nothing. Neither tables nor triggers need to be there.
   *
   * @internal
   */
  static async unattached(
    dataSource: DataSource,
    options: AttachOptions,
    register: (hooks: ModelHooks) => unknown,
  ): Promise<ModelHooks> {
    checkArgument('dataSource', dataSource, DATA_SOURCE);
    checkArgument('register', register, FUNCTION);
    checkDataSource(dataSource);
    const hooks = new ModelHooks(dataSource, resolveOptions(options), await findTables(dataSource));
    hooks.#parts.catalog.load(await globbedSchemas(dataSource));
    await register(hooks);
    return hooks;
  }

  private constructor(
    private readonly dataSource: DataSource,
    private readonly options: ResolvedOptions,
    tables: Tables,
  ) {
    const parts = hooksParts(dataSource, options, tables);
    super(parts);
    this.#parts = parts;
    this.deliveries = parts.deliveries;
    this.events = parts.events;
    this.triggers = parts.triggers;
    this.testing = parts.testing;
  }

  /**
   * The public keys of the option `signingKeys`, the newest first, as members of a JSON Web Key Set. The admin app publishes them at
   * `/.well-known/webhook-keys`.
   *
   * @example
   * const keySet = JSON.stringify({ keys: hooks.publicKeys });
   */
  get publicKeys(): readonly PublicJwk[] {
    return this.options.keyRing.publicKeys;
  }

  /**
   * Plans, sends and sweeps in this process from now on, also after the DataSource was initialised again. In a process that works
   * already, it resolves with a handle of that work. Rejects with `OPTION_INVALID`, `DATASOURCE_NOT_INITIALISED` and what `onStart` throws.
   *
   * @example
   * const worker = await hooks.work({ concurrency: 64 });
   * process.once('SIGTERM', () => worker.stop({ deadlineMs: 10_000 }));
   */
  async work(options: WorkOptions = {}): Promise<Worker> {
    const { attachment } = this.#parts;
    const run = await attachment.working.work(checkedWork(options));
    return new Worker(attachment, run, this.options.delivery);
  }

  /**
   * Plans and sends what is due now, and stops: for cron and serverless. What has not ended by the deadline is given back. Rejects with
   * `OPTION_INVALID` and `DATASOURCE_NOT_INITIALISED`.
   *
   * @example
   * const { planned, delivered, left } = await hooks.runOnce({ deadlineMs: 20_000 });
   */
  async runOnce(options: RunOnceOptions = {}): Promise<RunOnceResult> {
    return this.#parts.runOnce.run(runOnceDeadlineMs(options));
  }

  /**
   * Resolves when this process has nothing in flight and nothing is due now. Later retries are not waited for. Rejects with
   * `IDLE_TIMEOUT`.
   */
  async idle(options: IdleOptions = {}): Promise<void> {
    return this.#parts.idle.wait(idleTimeoutMs(options));
  }

  /**
   * Stops sending; requests in flight may end until the deadline. Changes are still captured until `dataSource.destroy()`; other
   * processes send them. Resolves two seconds after the deadline at the latest, whatever the database does.
   */
  async detach(options: DetachOptions = {}): Promise<void> {
    await this.#parts.attachment.detach(detachDeadlineMs(options, this.options.delivery));
  }

  /** Calls `fn` with each report; returns a function that ends this. Reports are also on the diagnostics channel `typeorm-model-hooks:<name>`. */
  on<Name extends ReportName>(name: Name, fn: (report: Reports[Name]) => void): () => void {
    checkArgument('name', name, oneOf(...REPORT_NAMES));
    checkArgument('fn', fn, FUNCTION);
    return this.#parts.reporter.on(name, fn);
  }

  /** The backlog and the recent work of all processes of the database. */
  stats(): Promise<HookStats> {
    return hookStats(this.#parts.store, this.#parts.catalog);
  }

  /**
   * Events and deliveries over time, of all processes, for charts. Up to 10,000 of each are counted; more are estimated by a sample, so
   * that it stays cheap. Rejects with `OPTION_INVALID`.
   *
   * @example
   * const { buckets, durations } = await hooks.history({ since: new Date(Date.now() - 86_400_000), buckets: 24 });
   */
  async history(options: HistoryOptions = {}): Promise<HookHistory> {
    return hookHistory(this.#parts.store, options);
  }

  /**
   * Looks for what keeps events from being captured and sent: missing tables, triggers, indexes and rights, writes that no capture sees,
   * listeners that can never match. It changes nothing. Rejects with `DATASOURCE_NOT_INITIALISED` only: what cannot be checked is a finding.
   *
   * @example
   * const { ok, findings } = await hooks.doctor();
   * if (!ok) for (const { level, hook, message } of findings) console.error(level, hook, message);
   */
  async doctor(): Promise<Diagnosis> {
    if (!this.dataSource.isInitialized) throw new NotInitialisedError();
    return this.#parts.doctor.examine();
  }

  /** Runs `fn`, whose writes by criteria are all treated in one way, whatever the options of hooks say; see the option `criteria`. */
  criteria<T>(mode: CriteriaMode, fn: () => T): T {
    checkArgument('mode', mode, oneOf(...CRITERIA_MODES));
    checkArgument('fn', fn, FUNCTION);
    return withCriteria(mode, fn);
  }

  /**
   * Runs `fn`, and returns what it returns. The events that it makes are stored with `context`, a plain object of JSON values: who acts, and
   * for which request. A block inside another one adds its members to those of the outer one. Throws `CONTEXT_INVALID` if the members of
   * all blocks are longer than 4,096 bytes of JSON.
   *
   * @example
   * const joe = await hooks.withContext({ actor: 'u-7', requestId: 'r-1' }, () =>
   *   dataSource.getRepository(Person).save({ name: 'Joe' }),
   * );
   */
  withContext<T>(context: Readonly<Record<string, unknown>>, fn: () => T): T {
    checkArgument('fn', fn, FUNCTION);
    return this.#parts.contexts.run(context, fn);
  }

  /** Runs `fn`; its changes make no events. For imports and seeds. */
  silence<T>(fn: () => T): T {
    checkArgument('fn', fn, FUNCTION);
    return silence(fn);
  }

  /**
   * Runs `fn`. The events of its changes are captured in their transactions as always, and sent when the outermost buffer ends, also if it
   * throws; or when `flush()` is called. If the process dies before, other processes send those that were committed. Rejects with what `fn`
   * throws, and with `OPTION_INVALID`.
   *
   * @example
   * await hooks.buffer(async (buffer) => {
   *   for (const name of ['Ann', 'Bob']) {
   *     await dataSource.getRepository(Person).save({ name });
   *     await buffer.maybeFlush();
   *   }
   * });
   */
  async buffer<T>(
    fn: (buffer: EventBuffer) => T | Promise<T>,
    options: BufferOptions = {},
  ): Promise<T> {
    checkArgument('fn', fn, FUNCTION);
    const given = checkedOptions(options, BUFFER_SHAPE);
    return currentOf(this.#parts.attachment).buffer(fn, { ...BUFFER_DEFAULTS, ...given });
  }

  /** The same as `hooks.listeners.reencrypt()`. */
  reencrypt(options?: Parameters<Listeners['reencrypt']>[0]): Promise<number> {
    return this.listeners.reencrypt(options);
  }

  async #again(options: AttachOptions): Promise<ModelHooks> {
    checkSameOptions(this.options, options);
    await this.#parts.attachment.resume();
    return this;
  }
}
