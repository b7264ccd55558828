import { OptionInvalidError } from '../errors/option-errors';
import { RecipientRefusedError } from '../errors/recipient-errors';
import type { RecipientValidator } from '../options/delivery';
import { isPort } from '../options/delivery-shape';
import { contains, internalName, readAddress } from './addresses';
import { literalOf, machineOf, portOf } from './hosts';
import { networksOf } from './rules';

/**
 * Refuses every address that is not on the public internet, as `blockInternal` does, whatever `allow` contains. For
 * `recipients.validators`.
 *
 * @example
 * const options: AttachOptions = { delivery: { recipients: { validators: [blockInternalIps()] } } };
 */
export function blockInternalIps(): RecipientValidator {
  return (target, address) => {
    const text = address ?? literalOf(target) ?? machineOf(target);
    if (text === null) return;
    const read = readAddress(text);
    if (!read || text.includes('%')) throw refused(text, 'it is no address');
    for (const member of read.judged) {
      const name = internalName(member);
      if (name !== null) throw refused(text, `it is an internal address (${name})`);
    }
  };
}

/**
 * Refuses every other protocol. Takes `'https'`, `'https:'` and `'https://'`. For `recipients.validators`. Throws `OPTION_INVALID` if no
 * protocol is given, or one that is neither http nor https.
 *
 * @example
 * const options: AttachOptions = { delivery: { recipients: { validators: [ensureProtocol('https')] } } };
 */
export function ensureProtocol(...protocols: readonly string[]): RecipientValidator {
  const allowed = new Set(protocols.map(protocolOf));
  if (allowed.size === 0) throw new OptionInvalidError('ensureProtocol', 'given a protocol');
  return ({ protocol, origin }) => {
    if (!allowed.has(protocol)) throw refused(origin, `its protocol is ${protocol.slice(0, -1)}`);
  };
}

/**
 * Refuses every other port, whether the URL names it or the protocol implies it. Takes numbers and texts. For `recipients.validators`.
 * Throws `OPTION_INVALID` if no port is given, or something that is not a port.
 *
 * @example
 * const options: AttachOptions = { delivery: { recipients: { validators: [ensurePort(443, 8443)] } } };
 */
export function ensurePort(...ports: readonly (number | string)[]): RecipientValidator {
  const allowed = new Set(ports.map(portNumberOf));
  if (allowed.size === 0) throw new OptionInvalidError('ensurePort', 'given a port');
  return (target) => {
    const port = portOf(target);
    if (!allowed.has(port)) throw refused(target.origin, `its port is ${port}`);
  };
}

/**
 * Refuses addresses in these CIDRs, and addresses that carry an IPv4 address in them. For `recipients.validators`. Throws
 * `OPTION_INVALID` for what is not a CIDR.
 *
 * @example
 * const validators = [blockCidrNetwork('203.0.113.0/24', '2001:db8::/32')];
 * const options: AttachOptions = { delivery: { recipients: { validators } } };
 */
export function blockCidrNetwork(...cidrs: readonly string[]): RecipientValidator {
  const networks = networksOf('blockCidrNetwork', cidrs);
  return (target, address) => {
    const text = address ?? literalOf(target) ?? machineOf(target);
    if (text === null) return;
    const read = readAddress(text);
    if (!read) throw refused(text, 'it is no address');
    const isBlocked = read.members.some((member) =>
      networks.some((network) => contains(network, member)),
    );
    if (isBlocked) throw refused(text, 'its network is blocked');
  };
}

function protocolOf(text: unknown): string {
  const [, name] = /^(https?)(?::(?:\/\/)?)?$/i.exec(typeof text === 'string' ? text : '') ?? [];
  if (name === undefined) throw new OptionInvalidError('ensureProtocol', "given 'http' or 'https'");
  return `${name.toLowerCase()}:`;
}

function portNumberOf(port: number | string): number {
  const number = typeof port === 'string' && /^\d{1,5}$/.test(port) ? Number(port) : port;
  if (!isPort(number))
    throw new OptionInvalidError('ensurePort', 'given port numbers from 1 to 65535');
  return number;
}

function refused(recipient: string, why: string): RecipientRefusedError {
  return new RecipientRefusedError(recipient, 'validators', why);
}
