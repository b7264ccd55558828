import type { DataSource } from 'typeorm';
import type { Contexts } from '../capture/contexts';
import { EventDecoder } from '../capture/outbox/event-decoder';
import { SizeLimits } from '../capture/outbox/size-limits';
import type { Recording } from '../capture/recording';
import { CurrentEvents } from '../capture/statement/current-events';
import { SourceEvaluation } from '../capture/triggers/source-evaluation';
import type { Triggers } from '../capture/triggers/triggers';
import type { HandlerCalls } from '../delivery/attempt/handler-calls';
import { Sender } from '../delivery/attempt/sender';
import { ChunkLoader } from '../delivery/chunk/loading';
import type { Wakeup } from '../delivery/chunk/wakeup';
import type { Handlers } from '../delivery/handler/handlers';
import { HttpTransport } from '../delivery/http/http-transport';
import { TracedTransport } from '../delivery/http/traced-transport';
import { Breakers } from '../delivery/origins/breakers';
import { Recheck } from '../delivery/recheck/recheck';
import { ListenerHealth } from '../delivery/record/listener-health';
import { Recorder } from '../delivery/record/recorder';
import type { Buffers } from '../dispatch/buffers';
import { Carrier, dispatchedAtOnce } from '../dispatch/carrier';
import { Claims } from '../dispatch/claim/claims';
import type { ResolvedDispatcher } from '../dispatch/dispatcher';
import { DeliveryEngine } from '../dispatch/engine';
import type { Housekeeping } from '../dispatch/housekeeping';
import type { ChunkLimits } from '../dispatch/plan/chunk-writer';
import { Completion } from '../dispatch/plan/completion';
import { ForeignHooks } from '../dispatch/plan/foreign-hooks';
import { Judging } from '../dispatch/plan/judging';
import { Planner } from '../dispatch/plan/planner';
import type { TrialWaits } from '../dispatch/trial-waits';
import type { HookCatalog } from '../hook/catalog';
import type { ListenerMatching } from '../listener/matching/matching';
import type { Reporter } from '../logging/reports';
import { Pipeline } from '../pipeline';
import type { Policies } from '../recipient/policies';
import { DueSchedules } from '../schedule/due-schedules';
import { Scheduler } from '../schedule/scheduler';
import type { Lease } from '../store/chunks';
import type { Store } from '../store/store';
import type { Telemetry } from '../telemetry/telemetry';
import type { LagGauge } from './lag-gauge';
import type { ResolvedOptions } from './options';
import type { TaskParts } from './task-parts';

/** The parts of an attachment that outlive a session. */
export interface SessionParts {
  readonly dataSource: DataSource;
  readonly options: ResolvedOptions;
  readonly store: Store;
  readonly wakeup: Wakeup;
  readonly catalog: HookCatalog;
  readonly matching: ListenerMatching;
  readonly reporter: Reporter;
  readonly policies: Policies;
  readonly handlers: Handlers;
  readonly calls: HandlerCalls;
  readonly triggers: Triggers;
  readonly task: TaskParts;
  readonly recording: Recording;
  readonly contexts: Contexts;
  readonly telemetry: Telemetry;
  readonly lag: Pick<LagGauge, 'begin' | 'end'>;
}

/** The parts of an engine that its session makes. */
export interface EngineParts extends SessionParts {
  readonly lease: Lease;
  readonly dispatcher: ResolvedDispatcher;
  readonly housekeeping: Housekeeping;
  readonly waits: TrialWaits;
  readonly buffers: Pick<Buffers, 'held'>;
}

/** An engine with the pipeline that it runs. */
export function newEngine(parts: EngineParts): DeliveryEngine {
  const { options, store, lease, dispatcher, housekeeping, waits } = parts;
  const { chunkSize } = dispatcher;
  const { logger, leaseMs, sweepMs } = options;
  const claims = new Claims(store, lease, chunkSize);
  const decoder = new EventDecoder(parts.dataSource, parts.catalog, lease);
  const planner = newPlanner(parts, decoder);
  const carrier = new Carrier({ claims, dispatcher, logger, leaseMs, ...sending(parts, decoder) });
  const pipeline = new Pipeline(planner, claims, carrier, waits);
  return new DeliveryEngine(pipeline, carrier, housekeeping, { leaseMs, sweepMs, logger });
}

/** What fires schedules in this process. */
export function newScheduler(parts: SessionParts, { processId }: Lease): Scheduler {
  const { logger, sweepMs } = parts.options;
  const due = new DueSchedules({ ...parts, logger }, processId);
  return new Scheduler({ ...parts, due, logger }, { processId, sweepMs });
}

function newPlanner(parts: EngineParts, decoder: EventDecoder): Planner {
  const { options, lease, dispatcher } = parts;
  const { logger, vault, retention } = options;
  const shared = { ...parts, logger, decoder };
  const { patienceMs } = decoder;
  const { eventsMs } = retention;
  const foreign = new ForeignHooks(shared, { leaseMs: lease.leaseMs, patienceMs, eventsMs });
  const judging = new Judging(shared, lease);
  const limits = new SizeLimits(options.delivery, parts.catalog);
  const evaluation = new SourceEvaluation(parts.dataSource, parts.catalog, { vault, limits });
  const completion = new Completion(evaluation, decoder, logger);
  return new Planner(
    { ...shared, vault, foreign, judging, completion, metrics: parts.telemetry.metrics },
    lease,
    sizesOf(dispatcher),
  );
}

/** Another process sends the chunks of a dispatcher that is not local, so many are handed on at once; it keeps its connections warm. */
function sizesOf({ isLocal, chunkSize, backlogChunkSize }: ResolvedDispatcher): ChunkLimits {
  if (isLocal) return { chunkSize };
  return { chunkSize, backlogChunkSize, atOnce: dispatchedAtOnce(chunkSize), isForOthers: true };
}

/** What attempts deliveries, and what stores their outcomes. */
function sending(
  parts: EngineParts,
  decoder: EventDecoder,
): { readonly sender: Sender; readonly recorder: Recorder } {
  const { options, store, wakeup, catalog, policies, reporter, lease, handlers, calls } = parts;
  const { logger } = options;
  const reporting = { reporter, logger, wakeup };
  const health = new ListenerHealth({ ...reporting, store, processId: lease.processId });
  const recorder = new Recorder({ ...reporting, outcomes: store.outcomes, health });
  const loader = new ChunkLoader(decoder, store, catalog, options);
  const breakers = new Breakers({ origins: store.origins, logger, wakeup });
  const http = new HttpTransport(policies, options.delivery);
  const transport = new TracedTransport(http, parts.telemetry);
  const current = new CurrentEvents(parts.dataSource, catalog, store.ofApplication);
  const recheck = new Recheck({ current, store, catalog, handlers, logger }, options.delivery);
  recheck.review();
  const sender = new Sender(
    { ...reporting, loader, recheck, recorder, breakers, transport, calls, handlers },
    options.delivery,
  );
  return { sender, recorder };
}
