import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { types } from 'node:util';
import { callGuarded } from '../../base/calling';
import { RecipientRefusedError } from '../../errors/recipient-errors';
import { literalOf } from '../../recipient/hosts';
import type { RecipientPolicy } from '../../recipient/policy';
import { RefusedAddress, Trouble } from './trouble';

/** An address that may be connected to. */
export interface CheckedAddress {
  readonly address: string;
  readonly family: number;
}

/**
 * Resolves a host once and checks each of its addresses, so that any of them may be connected to for requests to that origin. A URL may
 * hold an address in place of a name; Node.js does not resolve that, so it is checked here like an answer. Rejects with
 * `RECIPIENT_REFUSED` if one address is forbidden.
 */
export async function checkedAddresses(
  policy: RecipientPolicy,
  origin: URL,
  hostname: string,
): Promise<readonly CheckedAddress[]> {
  const addresses = isIP(hostname) ? [hostname] : await resolve(policy.lookup, hostname);
  for (const address of addresses) checkAddress(policy, origin, address);
  return addresses.map((address) => ({ address, family: isIP(address) }));
}

/** Throws if the policy forbids the address. If the origin has a name, the message of the error does not tell the address. */
export function checkAddress(policy: RecipientPolicy, origin: URL, address: string): void {
  try {
    policy.checkConnection(origin, address);
  } catch (error) {
    const isOfName = error instanceof RecipientRefusedError && literalOf(origin) === null;
    throw isOfName ? new RefusedAddress(origin.hostname, error) : error;
  }
}

/** All addresses of a name. */
export function resolve(
  lookup: LookupFunction = systemLookup as LookupFunction,
  hostname: string,
): Promise<readonly string[]> {
  return new Promise((resolved, reject) => {
    // The connection needs an error, and a look-up of the application can fail with anything.
    const failed = (error: unknown) =>
      reject(types.isNativeError(error) ? error : new Error(`${hostname} could not be resolved`));
    const answered: Parameters<LookupFunction>[2] = (error, answer) => {
      if (error) return failed(error);
      const addresses = addressesOf(answer);
      if (addresses.length === 0) return reject(new Trouble(`${hostname} has no address`));
      return resolved(addresses);
    };
    callGuarded(() => lookup(hostname, { all: true }, answered), failed);
  });
}

/** What a look-up of the application answers can be anything. It calls back outside of every `try`, so nothing may be thrown then. */
function addressesOf(answer: unknown): readonly string[] {
  const answers: readonly unknown[] = Array.isArray(answer) ? answer : [answer];
  const addresses = answers.map((one) => (isAnswer(one) ? one.address : one));
  return addresses.every((one) => typeof one === 'string') ? addresses : [];
}

function isAnswer(value: unknown): value is { readonly address: unknown } {
  return typeof value === 'object' && value !== null && 'address' in value;
}
