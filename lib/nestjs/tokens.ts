import { DataSource } from 'typeorm';
import { ModelHooks } from '../model-hooks';
import { checkArgument } from '../options/checked';
import type { Rule } from '../options/rules';

export const DEFAULT_DATA_SOURCE = 'default';

export const DATA_SOURCE_NAME: Rule = {
  accepts: (value) => typeof value === 'string' && value !== '',
  expected: 'the name of a DataSource',
};

/** The token of a DataSource, the same as that of `getDataSourceToken` of `@nestjs/typeorm`. */
export function dataSourceToken(name: string): string | typeof DataSource {
  return name === DEFAULT_DATA_SOURCE ? DataSource : `${name}DataSource`;
}

/**
 * The token of the hooks of a DataSource: the class `ModelHooks` for the default one. For `overrideProvider()` and the `inject` of factories.
 * Throws `OPTION_INVALID`.
 *
 * @example
 * const provider = {
 *   provide: 'ORDER_HOOK',
 *   useFactory: (hooks: ModelHooks) => hooks.get('order'),
 *   inject: [getModelHooksToken('shop')],
 * };
 */
export function getModelHooksToken(dataSource = DEFAULT_DATA_SOURCE): string | typeof ModelHooks {
  checkArgument('dataSource', dataSource, DATA_SOURCE_NAME);
  return dataSource === DEFAULT_DATA_SOURCE ? ModelHooks : `${dataSource}ModelHooks`;
}

/** The token of the options of a module. */
export function optionsToken(name: string): string {
  return `${name}ModelHooksOptions`;
}
