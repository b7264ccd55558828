import type { FieldKind } from '../../match/field-kind';
import type { KeyedEvents } from '../declared/listener';
import { keyOptions } from './keys-of-listener';
import {
  type KeyOption,
  type KeyShape,
  keyPrefix,
  keyText,
  type MatchKey,
  shapeName,
} from './match-key';
import { scopeOf } from './scope';

/** One way to find a listener: an option with its scope, ready to be stored. */
export interface KeyChoice {
  readonly keys: readonly string[];
  readonly shapes: readonly KeyShape[];
  readonly rank: number;
}

/** Below this number of listeners, a key's count only breaks ties between equal ranks. */
const FEW = 8;
/** Options that are worse than the best one by this much are not counted. */
const MUCH_WORSE = 50;
const MAX_CHOICES = 16;

/** The ways to find a listener that are worth counting, the lowest rank first. */
export function keyChoices(
  listener: KeyedEvents,
  kindsOf: (field: string) => readonly FieldKind[],
  prefixes: Map<string, string>,
): readonly KeyChoice[] {
  const scope = scopeOf(listener);
  const options = keyOptions(listener, kindsOf).toSorted((a, b) => a.rank - b.rank);
  return worthCounting(options).map(({ keys, rank }) => {
    const shapes = keys.map((key) => shapeOf(scope, key));
    const texts = keys.map((key, n) => keyText(prefixFor(prefixes, shapes[n]), key.value));
    return { rank, shapes, keys: [...new Set(texts)] };
  });
}

function worthCounting(options: readonly KeyOption[]): readonly KeyOption[] {
  const best = options[0]?.rank ?? 0;
  return options.filter(({ rank }) => rank < best + MUCH_WORSE).slice(0, MAX_CHOICES);
}

function shapeOf(scope: string, { field, operator, length }: MatchKey): KeyShape {
  return { scope, field, operator, length };
}

/** The fields that a listener of a hook has conditions on. They are stored, so that it is known later if the hook no longer provides one. */
export function filterShapes(listener: KeyedEvents): readonly KeyShape[] {
  if (listener.hook === null) return [];
  const scope = scopeOf(listener);
  return listener.match.map(({ field }) => ({ scope, field, operator: 'filter', length: 0 }));
}

function prefixFor(prefixes: Map<string, string>, shape: KeyShape | undefined): string {
  if (!shape) return '';
  const name = shapeName(shape);
  const prefix = prefixes.get(name) ?? keyPrefix(shape);
  prefixes.set(name, prefix);
  return prefix;
}

/** The choice whose keys the fewest listeners have. Counts the listener as one that has them now. */
export function takeRarest(choices: readonly KeyChoice[], counts: Map<string, number>): KeyChoice {
  const [first, ...others] = choices;
  if (!first) throw new TypeError('A listener can always be found by its scope.');
  let best = first;
  let bestCost = costOf(first, counts);
  for (const choice of others) {
    const cost = costOf(choice, counts);
    if (cost < bestCost) [best, bestCost] = [choice, cost];
  }
  for (const key of best.keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return best;
}

function costOf({ keys, rank }: KeyChoice, counts: ReadonlyMap<string, number>): number {
  const others = Math.max(0, ...keys.map((key) => counts.get(key) ?? 0));
  return rank + Math.min(others, FEW) / FEW + (others > FEW ? 10 * Math.log2(others / FEW) : 0);
}
