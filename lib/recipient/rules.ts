import { OptionInvalidError } from '../errors/option-errors';
import type { RecipientOptions } from '../options/delivery';
import { type Network, readNetwork } from './addresses';

/** Every option of a policy, as it holds. */
export type RecipientRules = Required<Omit<RecipientOptions, 'lookup'>> &
  Pick<RecipientOptions, 'lookup'>;

/** Loopback on any port: for a receiver on the developer's own machine. */
const DEVELOPMENT: RecipientOptions = { ports: 'any', allow: ['127.0.0.0/8', '::1/128'] };

/** The rules that some options ask for; what they leave out is as in `base`. Throws `OPTION_INVALID`. */
export function rulesOf(
  options: RecipientOptions | 'development',
  base: RecipientRules,
): RecipientRules {
  const given = options === 'development' ? development() : options;
  if (typeof given !== 'object' || given === null)
    throw new OptionInvalidError('delivery.recipients', "an object or 'development'");
  // An option that is there but undefined is left out: `blockInternal: undefined` must not lift it.
  const named = Object.entries(given).filter(([, value]) => value !== undefined);
  const rules = { ...base, ...Object.fromEntries(named) };
  for (const [option, value] of Object.entries(rules)) checkOption(option, value);
  return rules;
}

/** The networks of a list of CIDRs. Throws `OPTION_INVALID`. */
export function networksOf(option: string, cidrs: unknown): readonly Network[] {
  if (!Array.isArray(cidrs)) throw new OptionInvalidError(option, `a list of CIDRs ${LIKE}`);
  return cidrs.map((cidr: unknown) => {
    const network = typeof cidr === 'string' ? readNetwork(cidr) : null;
    if (network) return network;
    throw new OptionInvalidError(option, `a list of CIDRs ${LIKE}, not ${JSON.stringify(cidr)}`);
  });
}

export function isPort(port: unknown): port is number {
  return Number.isInteger(port) && Number(port) > 0 && Number(port) < 65_536;
}

const LIKE = 'like "10.0.0.0/8"';

function development(): RecipientOptions {
  if (process.env.NODE_ENV === 'production')
    throw new OptionInvalidError(
      'delivery.recipients',
      "an object where NODE_ENV is production; 'development' would allow loopback",
    );
  return DEVELOPMENT;
}

type Accepts = readonly [accepts: (value: unknown) => boolean, expected: string];

const EXPECTED: Readonly<Record<keyof RecipientOptions, Accepts>> = {
  protocols: [isListOf(isProtocol), "a list of 'http' and 'https'"],
  ports: [(ports) => ports === 'any' || isListOf(isPort)(ports), "'any' or a list of port numbers"],
  blockInternal: [(value) => typeof value === 'boolean', 'true or false'],
  // What the lists hold is checked where they are read.
  allow: [Array.isArray, `a list of CIDRs ${LIKE}`],
  deny: [Array.isArray, `a list of CIDRs ${LIKE}`],
  validators: [isListOf((value) => typeof value === 'function'), 'a list of functions'],
  lookup: [(value) => value === undefined || typeof value === 'function', 'a function'],
};

function checkOption(option: string, value: unknown): void {
  // A misspelt `deny` would deny nothing.
  if (!Object.hasOwn(EXPECTED, option))
    throw new OptionInvalidError(
      'delivery.recipients',
      `without "${option}"; known are ${Object.keys(EXPECTED).join(', ')}`,
    );
  const [accepts, expected] = EXPECTED[option as keyof RecipientOptions];
  if (!accepts(value)) throw new OptionInvalidError(`delivery.recipients.${option}`, expected);
}

function isProtocol(value: unknown): boolean {
  return value === 'http' || value === 'https';
}

function isListOf(accepts: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.every(accepts);
}
