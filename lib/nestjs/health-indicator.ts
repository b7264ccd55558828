import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { HookStats } from '../attach/stats';
import { endsWithin } from '../base/deadline';
import { ModelHookError } from '../errors/model-hook-error';
import { OptionInvalidError } from '../errors/option-errors';
import type { ModelHooks } from '../model-hooks';
import { checkArgument, checkedOptions } from '../options/checked';
import { numberFrom, type Shape, TEXT } from '../options/rules';
import { DATA_SOURCE_NAME, getModelHooksToken } from './tokens';

/** When the hooks of a DataSource are healthy. */
export interface ModelHooksHealthOptions {
  /** The name of the DataSource. @defaultValue `'default'` */
  readonly dataSource?: string;
  /** How long an event may wait to be planned, in milliseconds. Events wait where no process works. @defaultValue `300000` */
  readonly maxEventAgeMs?: number;
  /** The most events that may wait to be planned. @defaultValue `Infinity` */
  readonly maxEvents?: number;
  /** The most deliveries that may wait, those of endpoints that are down included. @defaultValue `Infinity` */
  readonly maxDeliveries?: number;
  /** How long the database may take to answer, in milliseconds. @defaultValue `3000` */
  readonly timeoutMs?: number;
}

export const HEALTH_DEFAULTS = {
  dataSource: 'default',
  maxEventAgeMs: 300_000,
  maxEvents: Number.POSITIVE_INFINITY,
  maxDeliveries: Number.POSITIVE_INFINITY,
  timeoutMs: 3_000,
} as const satisfies Required<ModelHooksHealthOptions>;

const HEALTH_SHAPE: Shape<ModelHooksHealthOptions> = {
  dataSource: DATA_SOURCE_NAME,
  maxEventAgeMs: numberFrom(0, Number.POSITIVE_INFINITY),
  maxEvents: numberFrom(0, Number.POSITIVE_INFINITY),
  maxDeliveries: numberFrom(0, Number.POSITIVE_INFINITY),
  timeoutMs: numberFrom(0),
};

/** What `ModelHooksHealthIndicator` found. */
export interface ModelHooksHealth {
  readonly status: 'up' | 'down';
  /** Why it is down. */
  readonly message?: string;
  /** Events that wait to be planned. */
  readonly events?: number;
  /** How long the oldest of them has waited, in milliseconds; 0 if none waits. */
  readonly eventAgeMs?: number;
  /** Deliveries that have not ended. */
  readonly deliveries?: number;
}

/** A health indicator for `@nestjs/terminus` 11. `ModelHooksModule` exports it. */
@Injectable()
export class ModelHooksHealthIndicator {
  constructor(@Inject(ModuleRef) private readonly modules: ModuleRef) {}

  /**
   * Up if the tables answer in time and no more waits than the options permit. Rejects with `OPTION_INVALID`.
   *
   * @example
   * const { webhooks } = await indicator.check('webhooks', { maxEventAgeMs: 60_000 });
   */
  async check<const Key extends string>(
    key: Key,
    options: ModelHooksHealthOptions = {},
  ): Promise<Record<Key, ModelHooksHealth>> {
    checkArgument('key', key, TEXT);
    const limits = { ...HEALTH_DEFAULTS, ...checkedOptions(options, HEALTH_SHAPE) };
    const hooks = this.#hooksOf(limits.dataSource);
    return { [key]: await healthOf(hooks, limits) } as Record<Key, ModelHooksHealth>;
  }

  #hooksOf(dataSource: string): ModelHooks {
    try {
      return this.modules.get<ModelHooks>(getModelHooksToken(dataSource), { strict: false });
    } catch {
      const expected = 'the name of a DataSource that a ModelHooksModule has';
      throw new OptionInvalidError('dataSource', expected);
    }
  }
}

async function healthOf(
  hooks: Pick<ModelHooks, 'stats'>,
  limits: Required<ModelHooksHealthOptions>,
): Promise<ModelHooksHealth> {
  const asking = hooks.stats();
  try {
    if (await endsWithin(asking, limits.timeoutMs)) return judged(await asking, limits);
    return down(`The database has not answered within ${limits.timeoutMs} ms.`);
  } catch (error) {
    const code = error instanceof ModelHookError ? ` (${error.code})` : '';
    return down(`The tables of typeorm-model-hooks do not answer${code}.`);
  }
}

function judged(stats: HookStats, limits: Required<ModelHooksHealthOptions>): ModelHooksHealth {
  const { waiting: events, oldestAt } = stats.events;
  const { waiting: deliveries } = stats.deliveries;
  const eventAgeMs = oldestAt === null ? 0 : Math.max(0, stats.at.getTime() - oldestAt.getTime());
  const found = { events, eventAgeMs, deliveries };
  const problem = problemOf(found, limits);
  return problem === null ? { status: 'up', ...found } : { ...down(problem), ...found };
}

function problemOf(
  { events, eventAgeMs, deliveries }: Required<Omit<ModelHooksHealth, 'status' | 'message'>>,
  { maxEventAgeMs, maxEvents, maxDeliveries }: Required<ModelHooksHealthOptions>,
): string | null {
  if (eventAgeMs > maxEventAgeMs) return `An event has waited for more than ${maxEventAgeMs} ms.`;
  if (events > maxEvents) return `More than ${maxEvents} events wait.`;
  if (deliveries > maxDeliveries) return `More than ${maxDeliveries} deliveries wait.`;
  return null;
}

function down(message: string): ModelHooksHealth {
  return { status: 'down', message };
}
