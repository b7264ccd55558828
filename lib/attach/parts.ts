import type { DataSource, QueryRunner } from 'typeorm';
import { Backfill } from '../backfill/backfill';
import { Contexts } from '../capture/contexts';
import { EventDecoder } from '../capture/outbox/event-decoder';
import { EventReader } from '../capture/outbox/event-reader';
import { SizeLimits } from '../capture/outbox/size-limits';
import { Recording } from '../capture/recording';
import { Triggers } from '../capture/triggers/triggers';
import { HandlerCalls } from '../delivery/attempt/handler-calls';
import { shownRequest } from '../delivery/attempt/shown-request';
import { sendTest } from '../delivery/attempt/test-delivery';
import { Wakeup } from '../delivery/chunk/wakeup';
import { Handlers } from '../delivery/handler/handlers';
import { Deliveries } from '../delivery/log/deliveries';
import { EventLog } from '../delivery/log/event-log';
import { Prune } from '../delivery/log/prune';
import { Replay } from '../delivery/log/replay';
import { Doctor } from '../doctor/doctor';
import { NotInitialisedError } from '../errors/attach-errors';
import { HookCatalog } from '../hook/catalog';
import type { Listeners } from '../listener/listeners';
import { Reporter } from '../logging/reports';
import { Policies } from '../recipient/policies';
import { Schedules } from '../schedule/schedules';
import { Database } from '../store/database';
import { Store } from '../store/store';
import type { Tables } from '../store/tables';
import type { Tasks } from '../task/tasks';
import { Telemetry } from '../telemetry/telemetry';
import { Attachment } from './attachment';
import { EventRecorder } from './event-recorder';
import { Idle } from './idle';
import { type InteractiveParts, interactiveParts } from './interactive-parts';
import { LagGauge } from './lag-gauge';
import { listenerParts } from './listener-parts';
import { meterReports } from './metered-reports';
import type { ResolvedOptions } from './options';
import { RunOnce } from './run-once';
import type { Session } from './session';
import { taskParts } from './task-parts';
import { Testing } from './testing';

/** What the facade `ModelHooks` is made of. */
export interface HooksParts extends InteractiveParts {
  readonly store: Store;
  readonly catalog: HookCatalog;
  readonly policies: Policies;
  readonly handlers: Handlers;
  readonly triggers: Triggers;
  readonly contexts: Contexts;
  readonly telemetry: Telemetry;
  readonly reporter: Reporter;
  readonly attachment: Attachment;
  readonly listeners: Listeners;
  readonly deliveries: Deliveries;
  readonly events: EventLog;
  readonly schedules: Schedules;
  readonly tasks: Tasks;
  readonly idle: Idle;
  readonly runOnce: RunOnce;
  readonly doctor: Doctor;
  readonly recorder: EventRecorder;
  readonly testing: Testing;
}

export function hooksParts(
  dataSource: DataSource,
  options: ResolvedOptions,
  tables: Tables,
): HooksParts {
  const { connections, statementTimeoutMs, logger, vault, policy } = options;
  const database = new Database(dataSource, connections, statementTimeoutMs, options);
  const store = new Store(database, tables, database.query, database.queryRepeatable);
  const catalog = new HookCatalog(dataSource);
  const policies = new Policies(policy, catalog);
  const triggers = new Triggers({ dataSource, catalog, options, tables: () => tables });
  const reporter = new Reporter(logger);
  const wakeup = new Wakeup();
  // Deliveries may wait for a handler until it is known.
  const handlers = new Handlers(logger, () => wakeup.due());
  const contexts = new Contexts();
  const telemetry = new Telemetry(options.telemetry);
  meterReports(reporter, telemetry.metrics);
  const calls = new HandlerCalls({ dataSource, store, handlers, logger, contexts, telemetry });
  const known = { dataSource, store, catalog, policies, triggers, contexts, telemetry };
  const shared = { ...known, handlers, calls, logger, vault };
  const { listeners, matching, saved } = listenerParts({
    ...shared,
    limits: options.delivery.limits,
    keyRing: options.keyRing,
    backfill: { run: (id, given) => backfill.run(id, given) },
    tester: { test: (listener) => sendTest({ ...shared, options }, listener) },
    process: {
      get startedAt() {
        return currentOf(attachment).startedAt;
      },
    },
  });
  const process = {
    get id() {
      return currentOf(attachment).processId;
    },
  };
  const backfill = new Backfill({
    ...shared,
    saved,
    wakeup,
    limits: new SizeLimits(options.delivery, catalog),
    onCaptureError: options.onCaptureError,
    process,
  });
  const decoder = new EventDecoder(dataSource, catalog, options);
  const task = taskParts({ ...shared, options });
  const recording = new Recording(store);
  const lag = new LagGauge(shared);
  const own = { options, wakeup, reporter, matching, task, recording, lag };
  const attachment = new Attachment({ ...shared, ...own });
  const alarm = {
    in: (afterMs: number) => attachment.scheduler?.in(afterMs),
    note: (runner: QueryRunner) => attachment.scheduler?.note(runner),
  };
  const unseenWrites = () => attachment.session?.unseenWrites ?? [];
  const idle = new Idle(store, catalog, vault, attachment);
  const runOnce = new RunOnce({ ...shared, attachment, idle, reporter }, options.delivery);
  return {
    ...shared,
    reporter,
    attachment,
    recorder: new EventRecorder({ ...shared, recording, options }),
    testing: new Testing({ runOnce, reporter, store, working: () => attachment.working }),
    listeners,
    ...interactiveParts({ ...shared, options, reporter, saved, process }),
    deliveries: new Deliveries(store, wakeup, {
      replay: new Replay({ store, wakeup, logger, process }),
      prune: new Prune({ store, retention: options.retention, logger }),
      request: (row) => shownRequest({ store, decoder, options }, row),
    }),
    events: new EventLog(store, catalog, new EventReader(dataSource, store, catalog)),
    schedules: new Schedules({ ...shared, listeners }, alarm),
    tasks: task.tasks,
    idle,
    runOnce,
    doctor: new Doctor({ ...shared, options, unseenWrites }),
  };
}

/** Throws `DATASOURCE_NOT_INITIALISED` while the DataSource is destroyed. */
export function currentOf({ session }: Attachment): Session {
  if (!session) throw new NotInitialisedError();
  return session;
}
