import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { EventRow } from '../../lib/store/events';
import { built } from '../built';
import { InstantSender } from './instant-sender';

type OutcomeRecord = import('../../lib/delivery/chunk/outcome-record').OutcomeRecord;
type Engine = import('../../lib/dispatch/engine').DeliveryEngine;
type Plan = import('../../lib/dispatch/plan/planner').Plan;

export interface Watch {
  /** A plan begins … */
  readonly planning: () => void;
  /** … and is made. */
  readonly planned: () => void;
  /** So many outcomes were stored. */
  readonly recorded: (count: number) => void;
}

const LEASE_MS = 30_000;
const SWEEP_MS = 5_000;
const RETENTION = { eventsMs: 0, deliveriesMs: 0 };

/** An engine made as an attachment makes it, but that it sends nothing. */
export function instantEngine(dataSource: DataSource, watch: Watch): Engine {
  const tables = tablesOf(dataSource, 'public');
  const store = new Store(new Database(dataSource, 2), tables);
  const catalog = new HookCatalog(dataSource).load();
  const reporter = new Reporter();
  const logger = CONSOLE_LOGGER;
  const health = new ListenerHealth({
    store,
    processId: 'x',
    reporter,
    logger,
    wakeup: new Wakeup(),
  });
  const wakeup = {
    recorded: (records: readonly OutcomeRecord[], lost: ReadonlySet<string>) => {
      engine.recorded(records, lost);
      watch.recorded(records.length);
    },
  };
  const recorder = new Recorder({ outcomes: store.outcomes, health, reporter, logger, wakeup });
  const lease = { processId: randomUUID(), leaseMs: LEASE_MS };
  const matching = new ListenerMatching(catalog);
  const decoder = new EventDecoder(dataSource, catalog, lease);
  const loader = new ChunkLoader(decoder, store, catalog, {
    vault: new Vault(),
    keyRing: new KeyRing(),
  });
  const foreign = { sweep: () => Promise.resolve() };
  const judging = { sweep: () => Promise.resolve(null) };
  const completion = { complete: async (_: unknown, rows: readonly EventRow[]) => rows };
  const shared = { store, decoder, matching, catalog };
  const planned = { ...shared, vault: new Vault(), logger, foreign, judging, completion };
  const claims = new Claims(store, lease);
  const carrier = new Carrier({
    claims,
    leaseMs: LEASE_MS,
    sender: new InstantSender(loader, recorder),
    recorder,
    dispatcher: dispatcherOf('default'),
    logger,
  });
  const planner = new WatchedPlanner(watch, planned, lease);
  const engine: Engine = new DeliveryEngine(
    new Pipeline(planner, claims, carrier, new TrialWaits(store)),
    carrier,
    new Housekeeping(store, lease, new Pruning(store, RETENTION, { logger })),
    { leaseMs: LEASE_MS, sweepMs: SWEEP_MS, logger },
  );
  return engine;
}

const { Database } = built<typeof import('../../lib/store/database')>('store/database');
const { Store } = built<typeof import('../../lib/store/store')>('store/store');
const { Wakeup } = built<typeof import('../../lib/delivery/chunk/wakeup')>('delivery/chunk/wakeup');
const { tablesOf } = built<typeof import('../../lib/store/tables')>('store/tables');
const { CONSOLE_LOGGER } = built<typeof import('../../lib/logging/logger')>('logging/logger');
const { Reporter } = built<typeof import('../../lib/logging/reports')>('logging/reports');
const { Vault } = built<typeof import('../../lib/vault/vault')>('vault/vault');
const { KeyRing } = built<typeof import('../../lib/signing/key-ring')>('signing/key-ring');
const { EventDecoder } = built<typeof import('../../lib/capture/outbox/event-decoder')>(
  'capture/outbox/event-decoder',
);
const { HookCatalog } = built<typeof import('../../lib/hook/catalog')>('hook/catalog');
const { ListenerMatching } = built<typeof import('../../lib/listener/matching/matching')>(
  'listener/matching/matching',
);
const { ListenerHealth } = built<typeof import('../../lib/delivery/record/listener-health')>(
  'delivery/record/listener-health',
);
const { ChunkLoader } =
  built<typeof import('../../lib/delivery/chunk/loading')>('delivery/chunk/loading');
const { Recorder } = built<typeof import('../../lib/delivery/record/recorder')>(
  'delivery/record/recorder',
);
const { Claims } = built<typeof import('../../lib/dispatch/claim/claims')>('dispatch/claim/claims');
const { Carrier } = built<typeof import('../../lib/dispatch/carrier')>('dispatch/carrier');
const { dispatcherOf } =
  built<typeof import('../../lib/dispatch/dispatcher')>('dispatch/dispatcher');
const { Pipeline } = built<typeof import('../../lib/pipeline')>('pipeline');
const { Housekeeping } =
  built<typeof import('../../lib/dispatch/housekeeping')>('dispatch/housekeeping');
const { DeliveryEngine } = built<typeof import('../../lib/dispatch/engine')>('dispatch/engine');
const { Planner } =
  built<typeof import('../../lib/dispatch/plan/planner')>('dispatch/plan/planner');
const { Pruning } = built<typeof import('../../lib/dispatch/pruning')>('dispatch/pruning');
const { TrialWaits } =
  built<typeof import('../../lib/dispatch/trial-waits')>('dispatch/trial-waits');

class WatchedPlanner extends Planner {
  constructor(
    private readonly watch: Watch,
    ...parts: ConstructorParameters<typeof Planner>
  ) {
    super(...parts);
  }

  override async plan(limit?: number): Promise<Plan> {
    this.watch.planning();
    const plan = await super.plan(limit);
    if (plan.chunks.length > 0) this.watch.planned();
    return plan;
  }
}
