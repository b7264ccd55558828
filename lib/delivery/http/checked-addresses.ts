import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import type { RecipientPolicy } from '../../recipient/policy';

/** An address that may be connected to. */
export interface CheckedAddress {
  readonly address: string;
  readonly family: number;
}

/**
 * The addresses of a host, asked for once: every one of them may be connected to for requests to that origin, so whichever is used may.
 * Node.js never asks a resolver for an address that stands in place of a name; here it is checked like an answer. Rejects with
 * `RECIPIENT_REFUSED` where one is forbidden.
 */
export async function checkedAddresses(
  policy: RecipientPolicy,
  origin: URL,
  hostname: string,
): Promise<readonly CheckedAddress[]> {
  const addresses = isIP(hostname) ? [hostname] : await resolve(policy.lookup, hostname);
  for (const address of addresses) policy.checkConnection(origin, address);
  return addresses.map((address) => ({ address, family: isIP(address) }));
}

/** Answers what was checked, to whoever asks again. */
export function answering(addresses: readonly CheckedAddress[]): LookupFunction {
  return (hostname, { all }, callback) => {
    const [first] = addresses;
    // Node.js throws where nobody catches if it gets no address and no error.
    if (!first) callback(new Error(`${hostname} has no address`), []);
    else if (all) callback(null, [...addresses]);
    else callback(null, first.address, first.family);
  };
}

function resolve(
  lookup: LookupFunction = systemLookup as LookupFunction,
  hostname: string,
): Promise<readonly string[]> {
  return new Promise((resolved, reject) => {
    lookup(hostname, { all: true }, (error, answer) => {
      if (error) return reject(error);
      const addresses = Array.isArray(answer) ? answer.map(({ address }) => address) : [answer];
      if (addresses.length === 0) return reject(new Error(`${hostname} has no address`));
      return resolved(addresses);
    });
  });
}
