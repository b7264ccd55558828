import {
  type DynamicModule,
  type FactoryProvider,
  Inject,
  type InjectionToken,
  Module,
  type ModuleMetadata,
  type NestModule,
  type OptionalFactoryDependency,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { toExpress, toFastify } from '../../admin/adapters';
import { type AdminApp, adminApp } from '../../admin/admin-app';
import type { AdminOptions } from '../../admin/options';
import { OptionInvalidError } from '../../errors/option-errors';
import type { ModelHooks } from '../../model-hooks';
import { checkArgument, checkedOptions } from '../../options/checked';
import { FUNCTION, OPTIONS, type Rule, required, type Shape } from '../../options/rules';
import { MODULES, TOKENS } from '../options';
import { DATA_SOURCE_NAME, DEFAULT_DATA_SOURCE, getModelHooksToken } from '../tokens';

/** The options of `ModelHooksAdminModule.forRoot()`: those of `adminApp`, with `path` in place of `basePath`. */
export interface ModelHooksAdminModuleOptions extends Omit<AdminOptions, 'basePath'> {
  /** The path where the app is mounted, without the global prefix of the application: `/hooks`. */
  readonly path: string;
  /** The name of the DataSource. @defaultValue `'default'` */
  readonly dataSource?: string;
}

/** The options of `ModelHooksAdminModule.forRootAsync()`. */
export interface ModelHooksAdminModuleAsyncOptions
  extends Pick<ModelHooksAdminModuleOptions, 'path' | 'dataSource'> {
  /** Makes the other options; may be async. Gets what `inject` names. */
  readonly useFactory: (
    ...injected: never[]
  ) => Omit<AdminOptions, 'basePath'> | Promise<Omit<AdminOptions, 'basePath'>>;
  /** Tokens of providers that `useFactory` gets. @defaultValue `[]` */
  readonly inject?: readonly (InjectionToken | OptionalFactoryDependency)[];
  /** Modules whose providers are needed. */
  readonly imports?: ModuleMetadata['imports'];
}

/** A page at `/` would take the routes of the application. */
const PATH: Rule = {
  accepts: (value) => typeof value === 'string' && /^(\/[\w.~-]+)+$/.test(value),
  expected: "a path such as '/hooks', without a '/' at its end",
  repeatsText: true,
};

const ASYNC_SHAPE: Shape<ModelHooksAdminModuleAsyncOptions> = {
  path: required(PATH),
  dataSource: DATA_SOURCE_NAME,
  useFactory: required(FUNCTION),
  inject: TOKENS,
  imports: MODULES,
};

const APP = Symbol('the admin app');

/**
 * Mounts the admin app in a Nest application on Express or Fastify. `hono` and `zod` must be installed. Guards, interceptors, pipes and the
 * global prefix do not apply to it: `authenticate` decides who may see it.
 *
 * @example
 * class AppModule {}
 * const admin = ModelHooksAdminModule.forRoot({ path: '/hooks', authenticate });
 * Module({ imports: [ModelHooksModule.forRoot(), admin] })(AppModule);
 */
@Module({})
export class ModelHooksAdminModule implements NestModule {
  constructor(
    @Inject(APP) private readonly app: MountedApp,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {}

  /** The app at a path. Throws `OPTION_INVALID`. */
  static forRoot(options: ModelHooksAdminModuleOptions): DynamicModule {
    checkArgument('options', options, OPTIONS);
    const { path, dataSource = DEFAULT_DATA_SOURCE, ...admin } = options;
    return moduleOf({ path, dataSource, useFactory: () => admin });
  }

  /**
   * The app at a path, with options from other providers. Throws `OPTION_INVALID`.
   *
   * @example
   * ModelHooksAdminModule.forRootAsync({
   *   path: '/hooks',
   *   inject: [SessionService],
   *   useFactory: (sessions: SessionService) => ({
   *     authenticate: (request) => (sessions.isAdmin(request) ? { role: 'operator' } : null),
   *   }),
   * });
   */
  static forRootAsync(options: ModelHooksAdminModuleAsyncOptions): DynamicModule {
    return moduleOf(options);
  }

  /** Called by Nest after its body parsers and before its routes. */
  configure(): void {
    const { app, path } = this.app;
    const { httpAdapter } = this.host;
    const server = httpAdapter.getInstance();
    switch (httpAdapter.getType()) {
      case 'express':
        server.use(path, toExpress(app));
        return;
      case 'fastify':
        server.register(toFastify(app), { prefix: path });
        return;
      default:
        throw new OptionInvalidError('path', 'left out: only Express and Fastify can mount it');
    }
  }
}

interface MountedApp {
  readonly app: AdminApp;
  readonly path: string;
}

function moduleOf(given: ModelHooksAdminModuleAsyncOptions): DynamicModule {
  const options = checkedOptions(given, ASYNC_SHAPE);
  const { path, dataSource, useFactory, inject = [], imports = [] } = options;
  const make = useFactory as (...injected: unknown[]) => ReturnType<typeof useFactory>;
  const provider: FactoryProvider<MountedApp> = {
    provide: APP,
    useFactory: async (hooks: ModelHooks, ...injected: unknown[]) => ({
      app: adminApp(hooks, { ...(await make(...injected)), basePath: path }),
      path,
    }),
    inject: [getModelHooksToken(dataSource), ...inject],
  };
  return { module: ModelHooksAdminModule, imports, providers: [provider] };
}
