import { storable } from '../../base/json';
import type { HookCatalog } from '../../hook/catalog';
import { eventNames, type Hook, isInteractive } from '../../hook/hook';
import { isOwnName } from '../../hook/own-hooks';

/**
 * Event names and wildcards: an exact name, `'*'`, `'<first part>.*'` or `'*.<rest after the first dot>'`. Nothing deeper.
 */
const PATTERN = /^(\*|[^\s*.]+\.\*|\*\.[^\s*]+|[^\s*]+)$/;

export function isPattern(text: unknown): text is string {
  if (typeof text !== 'string') return false;
  return text.length <= 255 && storable(text) === text && PATTERN.test(text);
}

/** Every pattern that matches this event, the exact name first. `'*'` does not match the events of this package. */
export function patternsOf(event: string): readonly string[] {
  const dot = event.indexOf('.');
  if (dot < 0) return [event, '*'];
  if (isOwnName(event)) return [event, `${event.slice(0, dot)}.*`];
  return [event, '*', `${event.slice(0, dot)}.*`, `*.${event.slice(dot + 1)}`];
}

/** The attached hooks whose events a listener of this hook or pattern can get. */
export function hooksOf(
  { hook, pattern }: { readonly hook: string | null; readonly pattern: string | null },
  catalog: HookCatalog,
): readonly Hook[] {
  if (hook !== null) return [catalog.find(hook)].filter((found) => found !== undefined);
  if (pattern === null) return [];
  return catalog
    .all()
    .filter((one) => !isInteractive(one))
    .filter((one) => eventNames(one).some((event) => patternsOf(event).includes(pattern)));
}
