import { storable } from '../../base/json';
import { isOwnName } from '../../hook/own-hooks';

/**
 * Event names and wildcards: an exact name, `'*'`, `'<first part>.*'` or `'*.<rest after the first dot>'`. Nothing deeper.
 */
const PATTERN = /^(\*|[^\s*.]+\.\*|\*\.[^\s*]+|[^\s*]+)$/;

export function isPattern(text: unknown): text is string {
  if (typeof text !== 'string') return false;
  return text.length <= 255 && storable(text) === text && PATTERN.test(text);
}

/** Every pattern that means this event, the exact name first. What the package tells of itself is heard by its prefix only. */
export function patternsOf(event: string): readonly string[] {
  const dot = event.indexOf('.');
  if (dot < 0) return [event, '*'];
  if (isOwnName(event)) return [event, `${event.slice(0, dot)}.*`];
  return [event, '*', `${event.slice(0, dot)}.*`, `*.${event.slice(dot + 1)}`];
}
