import { quoted } from '../base/quoted';
import { OptionInvalidError } from '../errors/option-errors';
import { checkedOptions } from '../options/checked';
import type { RecipientOptions } from '../options/delivery';
import { RECIPIENT_SHAPE } from '../options/delivery-shape';
import { LOOPBACK_NETWORKS, type Network, readNetwork } from './addresses';

/** The resolved options of a policy. */
export type RecipientRules = Required<Omit<RecipientOptions, 'lookup'>> &
  Pick<RecipientOptions, 'lookup'> & {
    /** Whether every port of a loopback address is allowed, beside `ports`. */
    readonly anyPortOfLoopback: boolean;
  };

/** Loopback on any port: for a receiver on the developer's own machine. */
const DEVELOPMENT = { allow: LOOPBACK_NETWORKS, anyPortOfLoopback: true } as const;

/** The rules of these options. Options that are left out are those of `base`. Throws `OPTION_INVALID`. */
export function rulesOf(
  options: RecipientOptions | 'development',
  base: RecipientRules,
): RecipientRules {
  if (options === 'development') return { ...base, ...development() };
  const path = 'delivery.recipients';
  const given = checkedOptions<RecipientOptions>(options, RECIPIENT_SHAPE, { path });
  // Ports that are named are all ports.
  return { ...base, ...given, ...(given.ports && { anyPortOfLoopback: false }) };
}

/** The networks of a list of CIDRs. Throws `OPTION_INVALID`. */
export function networksOf(option: string, cidrs: unknown): readonly Network[] {
  if (!Array.isArray(cidrs)) throw new OptionInvalidError(option, `a list of CIDRs ${LIKE}`);
  return cidrs.map((cidr: unknown) => {
    const network = typeof cidr === 'string' ? readNetwork(cidr) : null;
    if (network) return network;
    throw new OptionInvalidError(option, `a list of CIDRs ${LIKE}, not ${quoted(cidr)}`);
  });
}

const LIKE = 'like "10.0.0.0/8"';

function development(): typeof DEVELOPMENT {
  if (process.env.NODE_ENV === 'production')
    throw new OptionInvalidError(
      'delivery.recipients',
      "an object where NODE_ENV is production; 'development' would allow loopback",
    );
  return DEVELOPMENT;
}
