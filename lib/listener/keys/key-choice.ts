import type { FieldKind } from '../../match/field-kind';
import type { KeyOption, ListenerKey } from './key-option';
import { type Keyed, keyOptions } from './keys-of-listener';
import { type KeyPlan, keyOf, keyPrefix, planName } from './match-key';
import { scopeOf } from './scope';

/** What the keys of a listener are made from. */
export interface Keyable extends Keyed {
  readonly hook: string | null;
  readonly pattern: string | null;
}

/** One way to find a listener. */
export interface Choice {
  readonly keys: readonly string[];
  readonly plans: readonly KeyPlan[];
  readonly rank: number;
}

/** Up to so many listeners of one key only decide between guesses that are alike. */
const FEW = 8;

/** The ways to find a listener that are worth a look, the best guess first. */
export function choicesOf(
  listener: Keyable,
  kindsOf: (field: string) => readonly FieldKind[],
  prefixes: Map<string, string>,
): readonly Choice[] {
  const scope = scopeOf(listener);
  const options = keyOptions(listener, kindsOf).toSorted((a, b) => a.rank - b.rank);
  const best = options[0]?.rank ?? 0;
  return worthCounting(options, best).map(({ keys, rank }) => {
    const plans = keys.map((key) => planOf(scope, key));
    return {
      rank,
      plans,
      keys: [...new Set(keys.map((key, n) => keyOf(prefixFor(prefixes, plans[n]), key.value)))],
    };
  });
}

/** What is far worse than the best guess is not worth a look, unless everybody has that one. */
function worthCounting(options: readonly KeyOption[], best: number): readonly KeyOption[] {
  return options.filter(({ rank }) => rank < best + 50).slice(0, 16);
}

function planOf(scope: string, { field, operator, length }: ListenerKey): KeyPlan {
  return { scope, field, operator, length };
}

/** What a listener of a hook filters on, noted so that it is known when the hook does not provide that any more. */
export function filterPlans(listener: Keyable): readonly KeyPlan[] {
  if (listener.hook === null) return [];
  const scope = scopeOf(listener);
  return listener.match.map(({ field }) => ({ scope, field, operator: 'filter', length: 0 }));
}

function prefixFor(prefixes: Map<string, string>, plan: KeyPlan | undefined): string {
  if (!plan) return '';
  const name = planName(plan);
  const prefix = prefixes.get(name) ?? keyPrefix(plan);
  prefixes.set(name, prefix);
  return prefix;
}

/** The choice that fewest others have, and counts it as taken. */
export function take(options: readonly Choice[], counts: Map<string, number>): Choice {
  const [first, ...others] = options;
  if (!first) throw new TypeError('A listener has always a way to be found.');
  let best = first;
  let bestCost = costOf(first, counts);
  for (const option of others) {
    const cost = costOf(option, counts);
    if (cost < bestCost) [best, bestCost] = [option, cost];
  }
  for (const key of best.keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return best;
}

function costOf({ keys, rank }: Choice, counts: ReadonlyMap<string, number>): number {
  const others = Math.max(0, ...keys.map((key) => counts.get(key) ?? 0));
  return rank + Math.min(others, FEW) / FEW + (others > FEW ? 10 * Math.log2(others / FEW) : 0);
}
