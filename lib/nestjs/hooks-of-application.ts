import type { OnApplicationBootstrap, OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import { DATA_SOURCE } from '../attach/checks';
import type { DetachOptions } from '../attach/detach';
import { holdWork, releaseWork } from '../attach/held-work';
import type { AttachOptions } from '../attach/options';
import { didYouMean } from '../base/nearest';
import { quoted } from '../base/quoted';
import { shared } from '../base/shared';
import { HandlerRefusedError } from '../errors/nest-errors';
import { OptionInvalidError } from '../errors/option-errors';
import { ModelHooks } from '../model-hooks';
import { checkArgument } from '../options/checked';
import { type DecoratedMethod, decoratedMethods } from './handlers/decorated-methods';
import { Registration } from './handlers/registration';
import { NEST_LOGGER } from './nest-logger';

/** The DataSources of hooks that a module attached. Hooks that a test put in their place are not in it, and are left alone. */
const dataSources = new WeakMap<object, DataSource>();

/** The application that uses an attachment now. While a hot reload closes the one before, this one goes on. */
const users = shared(
  'typeorm-model-hooks.nest-users.v1',
  () => new WeakMap<DataSource, HooksOfApplication>(),
);

/** Attaches, and begins to work only when the handlers are registered. */
export async function attachHeld(
  dataSource: DataSource,
  { logger = NEST_LOGGER, ...options }: AttachOptions,
): Promise<ModelHooks> {
  checkArgument('dataSource', dataSource, DATA_SOURCE);
  holdWork(dataSource);
  try {
    const hooks = await ModelHooks.attach(dataSource, { ...options, logger });
    dataSources.set(hooks, dataSource);
    return hooks;
  } catch (error) {
    releaseWork(dataSource);
    throw error;
  }
}

/** What a module is made of. */
interface Parts {
  readonly discovery: DiscoveryService;
  readonly scanner: MetadataScanner;
  readonly detach: DetachOptions;
}

/**
 * Follows the life of a Nest application. `onModuleInit` registers handlers and schedules, and `onApplicationBootstrap` begins to work.
 * `onModuleDestroy` is the first step of closing: requests in flight end before the HTTP server is closed and the DataSource is destroyed.
 */
export class HooksOfApplication implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  readonly #dataSource: DataSource | undefined;
  readonly #registration: Registration | undefined;

  constructor(
    /** The name of the DataSource. */
    readonly name: string,
    private readonly hooks: ModelHooks,
    private readonly parts: Parts,
  ) {
    this.#dataSource = dataSources.get(hooks);
    if (this.#dataSource) users.set(this.#dataSource, this);
    // A test may have put another object in its place.
    if (hooks instanceof ModelHooks) this.#registration = new Registration(hooks);
  }

  async onModuleInit(): Promise<void> {
    const { discovery, scanner } = this.parts;
    const names = discovery
      .getProviders()
      .flatMap(({ instance }) => (instance instanceof HooksOfApplication ? [instance.name] : []));
    if (names.filter((name) => name === this.name).length > 1)
      throw new OptionInvalidError(
        'dataSource',
        `another one in each ModelHooksModule; ${quoted(this.name)} has two`,
      );
    const methods = decoratedMethods(discovery, scanner);
    for (const method of methods) checkDataSource(method, names);
    await this.#registration?.add(methods.filter(({ dataSource }) => dataSource === this.name));
  }

  async onApplicationBootstrap(): Promise<void> {
    if (!this.#dataSource) return;
    releaseWork(this.#dataSource);
    await ModelHooks.attach(this.#dataSource);
  }

  async onModuleDestroy(): Promise<void> {
    const dataSource = this.#dataSource;
    if (dataSource && users.get(dataSource) === this) {
      releaseWork(dataSource);
      await this.hooks.detach(this.parts.detach);
      // An application that began meanwhile attached before the end, and may work already.
      if (users.get(dataSource) === this) users.delete(dataSource);
    }
    this.#registration?.end();
  }
}

function checkDataSource({ place, dataSource }: DecoratedMethod, names: readonly string[]): void {
  if (names.includes(dataSource)) return;
  const hint = didYouMean(dataSource, names);
  throw new HandlerRefusedError(
    place,
    `no ModelHooksModule has the DataSource ${quoted(dataSource)}.${hint} Those that have one are: ${names.map(quoted).join(', ')}`,
  );
}
