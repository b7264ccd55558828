import type { HookCatalog } from '../../hook/catalog';
import { eventNames, type Hook } from '../../hook/hook';
import { patternsOf } from './pattern';

/** The attached hooks whose events a listener may hear. */
export function hooksHeardBy(
  { hook, pattern }: { readonly hook: string | null; readonly pattern: string | null },
  catalog: HookCatalog,
): readonly Hook[] {
  if (hook !== null) return [catalog.find(hook)].filter((found) => found !== undefined);
  if (pattern === null) return [];
  return catalog
    .all()
    .filter((one) => eventNames(one).some((event) => patternsOf(event).includes(pattern)));
}
