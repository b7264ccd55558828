import { Inject } from '@nestjs/common';
import { getModelHooksToken } from './tokens';

/**
 * Injects the `ModelHooks` of a DataSource, by its name. Those of the default one are injected by their class, too: `constructor(private
 * readonly hooks: ModelHooks)`. Throws `OPTION_INVALID`.
 *
 * @example
 * class PartnersService {
 *   constructor(@InjectModelHooks('shop') private readonly hooks: ModelHooks) {}
 *
 *   subscribe(url: string) {
 *     return this.hooks.for(Person).listener(url).save();
 *   }
 * }
 */
export function InjectModelHooks(dataSource?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getModelHooksToken(dataSource));
}
