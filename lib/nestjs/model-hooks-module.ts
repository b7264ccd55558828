import {
  type DynamicModule,
  type FactoryProvider,
  Module,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_INTERCEPTOR, DiscoveryModule, DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import { ModelHooks } from '../model-hooks';
import { checkArgument } from '../options/checked';
import { OPTIONS } from '../options/rules';
import { ModelHooksContextInterceptor } from './context-interceptor';
import { ModelHooksHealthIndicator } from './health-indicator';
import { attachHeld, HooksOfApplication } from './hooks-of-application';
import {
  ASYNC_DEFAULTS,
  checkedAsync,
  type ModelHooksAttachOptions,
  type ModelHooksModuleAsyncOptions,
  type ModelHooksModuleOptions,
  type ResolvedPlace,
  resolvedPlace,
  splitOptions,
} from './options';
import { dataSourceToken, getModelHooksToken, optionsToken } from './tokens';

/**
 * Attaches the hooks of a DataSource of `TypeOrmModule`, registers the decorated methods of providers, and works from the end of the
 * start of the application to its close. Each DataSource with hooks has one such module. The start rejects as `ModelHooks.attach` does, and
 * with `HANDLER_REFUSED`.
 *
 * @example
 * class AppModule {}
 * Module({ imports: [ModelHooksModule.forRoot({ delivery: { timeoutMs: 5_000 } })] })(AppModule);
 */
@Module({})
// biome-ignore lint/complexity/noStaticOnlyClass: A module of Nest is a class.
export class ModelHooksModule {
  /** A module with options that are known when the class is decorated. Throws `OPTION_INVALID`. */
  static forRoot(options: ModelHooksModuleOptions = {}): DynamicModule {
    checkArgument('options', options, OPTIONS);
    const { dataSource, isGlobal, imports, ...attach } = options;
    return moduleOf(resolvedPlace({ dataSource, isGlobal, imports }), { useFactory: () => attach });
  }

  /**
   * A module whose options come from other providers, such as a configuration service. Throws `OPTION_INVALID`.
   *
   * @example
   * ModelHooksModule.forRootAsync({
   *   inject: [ConfigService],
   *   useFactory: (config: ConfigService) => ({ work: config.get('ROLE') === 'worker' }),
   * });
   */
  static forRootAsync(options: ModelHooksModuleAsyncOptions): DynamicModule {
    const { useFactory, inject = ASYNC_DEFAULTS.inject, ...place } = checkedAsync(options);
    return moduleOf(resolvedPlace(place), { useFactory, inject: [...inject] });
  }
}

function moduleOf(
  { dataSource, isGlobal, imports }: ResolvedPlace,
  options: Pick<FactoryProvider, 'useFactory' | 'inject'>,
): DynamicModule {
  const hooks = getModelHooksToken(dataSource);
  return {
    module: ModelHooksModule,
    global: isGlobal,
    imports: [DiscoveryModule, ...imports],
    providers: [
      { ...options, provide: optionsToken(dataSource) },
      {
        provide: hooks,
        useFactory: (source: DataSource, given: ModelHooksAttachOptions) =>
          attachHeld(source, splitOptions(given).attach),
        inject: [dataSourceToken(dataSource), optionsToken(dataSource)],
      },
      applicationOf(dataSource),
      contextOf(dataSource),
      ModelHooksHealthIndicator,
    ],
    exports: [hooks, ModelHooksHealthIndicator],
  };
}

function applicationOf(dataSource: string): FactoryProvider {
  return {
    provide: HooksOfApplication,
    useFactory: (
      hooks: ModelHooks,
      given: ModelHooksAttachOptions,
      discovery: DiscoveryService,
      scanner: MetadataScanner,
    ) => {
      const { detach } = splitOptions(given);
      return new HooksOfApplication(dataSource, hooks, { discovery, scanner, detach });
    },
    inject: [
      getModelHooksToken(dataSource),
      optionsToken(dataSource),
      DiscoveryService,
      MetadataScanner,
    ],
  };
}

/** Without the option `context`, it lets requests pass. */
function contextOf(dataSource: string): FactoryProvider<NestInterceptor> {
  return {
    provide: APP_INTERCEPTOR,
    useFactory: (hooks: ModelHooks, given: ModelHooksAttachOptions) => {
      const { context } = splitOptions(given);
      // A test may have put another object in the place of the hooks.
      return context && hooks instanceof ModelHooks
        ? new ModelHooksContextInterceptor(hooks, context)
        : PASSING;
    },
    inject: [getModelHooksToken(dataSource), optionsToken(dataSource)],
  };
}

const PASSING: NestInterceptor = { intercept: (_execution, next) => next.handle() };
