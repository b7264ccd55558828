import { isObjectLiteral } from '../base/json';
import { ListenerInvalidError } from '../errors/listener-errors';
import { OptionInvalidError } from '../errors/option-errors';
import type { ListenerRecipientOptions } from '../options/delivery';
import type { RecipientPolicy } from './policy';
import type { RecipientRules } from './rules';

/** The most entries of one list, because every request to such a listener parses them again. */
const MAX_ENTRIES = 100;

const NARROWABLE: readonly string[] = [
  'protocols',
  'ports',
  'blockInternal',
  'deny',
] satisfies (keyof ListenerRecipientOptions)[];

/**
 * The policy of a listener's own `recipients` within that of its hook or attachment. Throws `LISTENER_INVALID` if they are malformed or
 * would allow more.
 */
export function narrowed(policy: RecipientPolicy, recipients: unknown): RecipientPolicy {
  if (!isObjectLiteral(recipients)) throw invalid('must be an object; a listener can only narrow');
  const named = Object.entries(recipients).filter(([, value]) => value !== undefined);
  for (const [option, value] of named) {
    const why = unnarrowing(option, value);
    if (why !== null) throw invalid(`${option} ${why}`);
  }
  const options: ListenerRecipientOptions = Object.fromEntries(named);
  const policyOfBoth = both(policy, options);
  const wider = widening(policy.rules, options);
  if (wider !== null) throw invalid(wider);
  return policyOfBoth;
}

/** The reason why no listener can have that option. Null if it can. */
function unnarrowing(option: string, value: unknown): string | null {
  if (option === 'allow')
    return Array.isArray(value) && value.length === 0 ? null : 'would allow more';
  if (option === 'validators' || option === 'lookup') return 'cannot be stored';
  if (!NARROWABLE.includes(option)) return `is unknown; known are ${NARROWABLE.join(', ')}`;
  if (Array.isArray(value) && value.length > MAX_ENTRIES)
    return `may hold at most ${MAX_ENTRIES} entries`;
  return null;
}

function both(policy: RecipientPolicy, options: ListenerRecipientOptions): RecipientPolicy {
  try {
    return policy.narrowedBy(options);
  } catch (error) {
    if (error instanceof OptionInvalidError)
      throw new ListenerInvalidError({ delivery: [error.message] });
    throw error;
  }
}

/** The part of the options that allows more than the rules. Null if there is none. */
function widening(rules: RecipientRules, options: ListenerRecipientOptions): string | null {
  const { protocols = [], blockInternal } = options;
  const protocol = protocols.find((name) => !rules.protocols.includes(name));
  if (protocol !== undefined) return `protocols would allow ${protocol}`;
  const port = widerPort(rules, options);
  if (port !== null) return `ports would allow ${port}`;
  return blockInternal === false && rules.blockInternal
    ? 'blockInternal would allow internal addresses'
    : null;
}

/** Null also where the outer policy allows every port of some addresses: it judges each connection too. */
function widerPort(
  { ports, anyPortOfLoopback }: RecipientRules,
  { ports: own = [] }: ListenerRecipientOptions,
): number | 'any' | null {
  if (ports === 'any' || anyPortOfLoopback) return null;
  return own === 'any' ? own : (own.find((port) => !ports.includes(port)) ?? null);
}

function invalid(why: string): ListenerInvalidError {
  return new ListenerInvalidError({ delivery: [`recipients: ${why}`] });
}
