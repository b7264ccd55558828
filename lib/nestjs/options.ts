import type {
  DynamicModule,
  InjectionToken,
  ModuleMetadata,
  OptionalFactoryDependency,
} from '@nestjs/common';
import type { AttachOptions } from '../attach/options';
import { checkArgument, checkedOptions } from '../options/checked';
import {
  BOOLEAN,
  FUNCTION,
  listOf,
  numberFrom,
  OPTIONS,
  type Rule,
  required,
  type Shape,
} from '../options/rules';
import type { ContextOfRequest } from './context-interceptor';
import { DATA_SOURCE_NAME, DEFAULT_DATA_SOURCE } from './tokens';

/** Where a module stands in the application. */
export interface ModelHooksPlaceOptions {
  /** The name of the DataSource, as `TypeOrmModule` has it. @defaultValue `'default'` */
  readonly dataSource?: string;
  /** Whether each module can inject the hooks without importing this one. @defaultValue `true` */
  readonly isGlobal?: boolean;
  /** Modules whose providers are needed: those that export the DataSource, unless it is global. */
  readonly imports?: ModuleMetadata['imports'];
}

/** What the hooks of a module are attached with: the options of `ModelHooks.attach`, and two more. */
export interface ModelHooksAttachOptions extends AttachOptions {
  /**
   * Gives the context of a request; may be async. Null or undefined: none. Its parameter may have the type of your requests. What it
   * throws is the answer to the request.
   */
  readonly context?: ContextOfRequest;
  /** How long requests in flight may take to end when the application closes, in milliseconds. @defaultValue the value of `delivery.timeoutMs` */
  readonly detachDeadlineMs?: number;
}

/** The options of `ModelHooksModule.forRoot()`. */
export interface ModelHooksModuleOptions extends ModelHooksPlaceOptions, ModelHooksAttachOptions {}

/** The options of `ModelHooksModule.forRootAsync()`. */
export interface ModelHooksModuleAsyncOptions extends ModelHooksPlaceOptions {
  /** Makes the options; may be async. Gets what `inject` names. */
  readonly useFactory: (
    ...injected: never[]
  ) => ModelHooksAttachOptions | Promise<ModelHooksAttachOptions>;
  /** Tokens of providers that `useFactory` gets. @defaultValue `[]` */
  readonly inject?: readonly (InjectionToken | OptionalFactoryDependency)[];
}

export const PLACE_DEFAULTS = {
  dataSource: DEFAULT_DATA_SOURCE,
  isGlobal: true,
} as const satisfies Required<Omit<ModelHooksPlaceOptions, 'imports'>>;

export const ASYNC_DEFAULTS = {
  inject: [],
} as const satisfies Partial<ModelHooksModuleAsyncOptions>;

export type ResolvedPlace = Required<Omit<ModelHooksPlaceOptions, 'imports'>> &
  Required<Pick<DynamicModule, 'imports'>>;

export const MODULES: Rule = listOf(() => true, 'a list of modules');

export const TOKENS: Rule = listOf(() => true, 'a list of tokens');

const PLACE_SHAPE: Shape<ModelHooksPlaceOptions> = {
  dataSource: DATA_SOURCE_NAME,
  isGlobal: BOOLEAN,
  imports: MODULES,
};

const ASYNC_SHAPE: Shape<ModelHooksModuleAsyncOptions> = {
  ...PLACE_SHAPE,
  useFactory: required(FUNCTION),
  inject: TOKENS,
};

/** Members that are `undefined` count as left out. */
type Given<Options> = { readonly [Name in keyof Options]?: Options[Name] | undefined };

/** Throws `OPTION_INVALID`. */
export function resolvedPlace(given: Given<ModelHooksPlaceOptions>): ResolvedPlace {
  const { imports = [], ...place } = checkedOptions(given, PLACE_SHAPE);
  return { ...PLACE_DEFAULTS, ...place, imports };
}

/** Throws `OPTION_INVALID`. */
export function checkedAsync(given: ModelHooksModuleAsyncOptions): ModelHooksModuleAsyncOptions {
  return checkedOptions(given, ASYNC_SHAPE);
}

/** The options of `attach`, and those of the module. Throws `OPTION_INVALID`; `attach` checks its own. */
export function splitOptions(given: ModelHooksAttachOptions): {
  readonly attach: AttachOptions;
  readonly detach: { readonly deadlineMs?: number };
  readonly context: ContextOfRequest | undefined;
} {
  checkArgument('options', given, OPTIONS);
  const { detachDeadlineMs, context, ...attach } = given;
  const own = checkedOptions<OwnOptions>({ detachDeadlineMs, context }, OWN_SHAPE);
  const deadlineMs = own.detachDeadlineMs;
  return {
    attach,
    detach: deadlineMs === undefined ? {} : { deadlineMs },
    context: own.context,
  };
}

type OwnOptions = Pick<ModelHooksAttachOptions, 'detachDeadlineMs' | 'context'>;

const OWN_SHAPE: Shape<OwnOptions> = { detachDeadlineMs: numberFrom(0), context: FUNCTION };
