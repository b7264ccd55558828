import type { HookEvent } from '../../hook/event';
import { patternsOf } from '../declared/pattern';

/** The scopes of all listeners that can get an event. */
export function scopesOf({ hook, name }: HookEvent): readonly string[] {
  return [scopeOf({ hook, pattern: null }), ...patternsOf(name).map(patternScope)];
}

/** A listener belongs to a hook or to a pattern, never to both. The scope is a text for either. */
export function scopeOf({
  hook,
  pattern,
}: {
  readonly hook: string | null;
  readonly pattern: string | null;
}): string {
  return hook === null ? patternScope(pattern ?? '') : `hook ${hook}`;
}

function patternScope(pattern: string): string {
  return `on ${pattern}`;
}
