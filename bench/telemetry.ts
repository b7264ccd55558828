import { setTimeout as sleep } from 'node:timers/promises';
import { context, metrics, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import type { DataSource } from 'typeorm';
import type { ModelHooks } from 'typeorm-model-hooks';
import { attach, connectHooked, withDatabase } from './application';
import { customers, HookedCustomer } from './customers';
import { atMost, explains, type Figure, rounded } from './figure';
import { median, nowMs } from './numbers';

const ROUNDS = 100;
const WARM_UP_ROUNDS = 10;
/** Number of saves that are timed together, because one alone is too short. */
const SINGLES = 20;
const GOAL = 1.05;

interface Side {
  readonly dataSource: DataSource;
  readonly hooks: ModelHooks;
}

interface Sides {
  readonly off: Side;
  readonly on: Side;
}

/** The cost of telemetry for the caller of `save()`, relative to `telemetry: false`, which does what is done without the API. */
export async function telemetry(): Promise<readonly Figure[]> {
  const figures = await withDatabase((offUrl) =>
    withDatabase(async (onUrl) => {
      const sides = { off: await sideOf(offUrl, false), on: await sideOf(onUrl, true) };
      const without = await ratioOf(sides);
      registerSdk();
      const withSdk = await ratioOf(sides);
      for (const { dataSource } of Object.values(sides)) await dataSource.destroy();
      return [
        atMost(GOAL, without.ratio, {
          figure: 'save(): insert, one entity, with the API of OpenTelemetry and no SDK',
          note: without.note,
          unit: '×',
        }),
        explains(
          'save(): insert, one entity, in a span and with metrics',
          `${rounded(withSdk.ratio)}×`,
          withSdk.note,
        ),
      ];
    }),
  );
  return figures;
}

async function sideOf(url: string, telemetry: boolean): Promise<Side> {
  const dataSource = await connectHooked(url, HookedCustomer);
  return { dataSource, hooks: await attach(dataSource, { telemetry }) };
}

function registerSdk(): void {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(new BasicTracerProvider());
  metrics.setGlobalMeterProvider(new MeterProvider());
}

/** The sides take turns in the order A B B A. */
async function ratioOf({
  off,
  on,
}: Sides): Promise<{ readonly ratio: number; readonly note: string }> {
  const rounds: { readonly off: number; readonly on: number }[] = [];
  for (let n = 0; n < WARM_UP_ROUNDS + ROUNDS; n += 1)
    rounds.push(
      n % 2 === 0
        ? { off: await savedMs(off), on: await savedMs(on) }
        : { on: await savedMs(on), off: await savedMs(off) },
    );
  const measured = rounds.slice(WARM_UP_ROUNDS);
  const perSecond = (side: 'off' | 'on') =>
    rounded((SINGLES * 1_000) / median(measured.map((one) => one[side])));
  return {
    ratio: median(measured.map((one) => one.on / one.off)),
    note: `${perSecond('off')} → ${perSecond('on')} saves a second`,
  };
}

/** Both sides save in a span, if there is a tracer; only one of them stores it. */
async function savedMs({ dataSource, hooks }: Side): Promise<number> {
  const repository = dataSource.getRepository(HookedCustomer);
  const rows = customers(HookedCustomer, SINGLES);
  await hooks.idle();
  await sleep(1);
  return trace.getTracer('bench').startActiveSpan('saves', async (span) => {
    const startedAt = nowMs();
    for (const row of rows) await repository.save(row);
    span.end();
    return nowMs() - startedAt;
  });
}
