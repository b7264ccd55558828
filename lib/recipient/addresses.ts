import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { GLOBAL_UNICAST, SPECIAL_RANGES } from './special-ranges';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;
export type Network = readonly [Address, number];

export const LOOPBACK_NETWORKS = ['127.0.0.0/8', '::1/128'] as const;

/** An address, and the IPv4 addresses that are embedded in it. */
export interface ReadAddress {
  /** The address itself, then the embedded ones. */
  readonly members: readonly Address[];
  /** Those that must not be internal. */
  readonly judged: readonly Address[];
}

/** Null if `node:net` does not accept the text as an address: a name, or an octal, hex or short spelling. A zone id is ignored. */
export function readAddress(text: string): ReadAddress | null {
  const address = parse(text);
  if (!address) return null;
  const carried = carriedBy(address);
  const members = [address, ...carried];
  return { members, judged: isJudgedByCarried(address) ? carried : members };
}

/** The name of the internal range that an address is in. Null for an address on the public internet. */
export function internalName(address: Address): string | null {
  for (const { network, name } of SPECIAL) if (contains(network, address)) return name;
  if (address.kind() === 'ipv6' && !contains(GLOBAL, address)) return 'reserved';
  return null;
}

/** Whether a connection to this address stays on this machine. False for a text that is no address. */
export function isLoopback(text: string): boolean {
  const { judged = [] } = readAddress(text) ?? {};
  return judged.length > 0 && judged.every((one) => LOOPBACK.some((net) => contains(net, one)));
}

/** Null for a text that is no CIDR. A CIDR of mapped IPv6 addresses becomes the IPv4 range. */
export function readNetwork(cidr: string): Network | null {
  const [, text = '', bits = ''] = /^([^/%]+)\/(\d{1,3})$/.exec(cidr) ?? [];
  const address = parse(text);
  const size = address?.kind() === 'ipv4' ? 32 : 128;
  if (!address || Number(bits) > size) return null;
  if (contains(MAPPED, address) && Number(bits) >= 96)
    return [ipv4(address.toByteArray().slice(12)), Number(bits) - 96];
  return [address, Number(bits)];
}

export function contains([network, bits]: Network, address: Address): boolean {
  // The overloads of `match` take one kind of address each.
  return address.kind() === network.kind() && address.match([network, bits] as never);
}

function parse(text: string): Address | null {
  switch (isIP(text)) {
    case 4:
      return ipaddr.IPv4.parse(text);
    case 6:
      return parseIPv6(text.replace(/%.*$/, ''));
    default:
      return null;
  }
}

/** ipaddr.js parses `::127.0.0.1` as the mapped address, which is a different one. The WHATWG parser writes it as `::7f00:1`. */
function parseIPv6(text: string): Address {
  return ipaddr.IPv6.parse(new URL(`http://[${text}]`).hostname.slice(1, -1));
}

function known(cidr: string): Network {
  const [address, bits] = ipaddr.parseCIDR(cidr);
  return [address, bits];
}

const SPECIAL = SPECIAL_RANGES.map(([cidr, name]) => ({ network: known(cidr), name }));
const LOOPBACK = LOOPBACK_NETWORKS.map(known);
const GLOBAL = known(GLOBAL_UNICAST);
const MAPPED = known('::ffff:0:0/96');
const NAT64 = known('64:ff9b::/96');

/** A connection to one of these addresses reaches the embedded IPv4 address. */
function isJudgedByCarried(address: Address): boolean {
  return contains(MAPPED, address) || contains(NAT64, address);
}

type Carried = (bytes: readonly number[]) => readonly (readonly number[])[];

const lastFour: Carried = (bytes) => [bytes.slice(12)];

/** The position of the embedded IPv4 address, by IPv6 network. */
const CARRIERS: readonly (readonly [Network, Carried])[] = [
  [MAPPED, lastFour],
  [NAT64, lastFour],
  // RFC 8215 leaves the layout to the operator. Translators usually get a /96 of it.
  [known('64:ff9b:1::/48'), lastFour],
  // SIIT, RFC 2765.
  [known('::ffff:0:0:0/96'), lastFour],
  // IPv4-compatible addresses. `::` and `::1` do not belong to them.
  [known('::/96'), (bytes) => (isUnspecifiedOrLoopback(bytes) ? [] : lastFour(bytes))],
  // 6to4, RFC 3056.
  [known('2002::/16'), (bytes) => [bytes.slice(2, 6)]],
  // Teredo, RFC 4380: the server, and the client, whose bits are inverted.
  [known('2001::/32'), (bytes) => [bytes.slice(4, 8), bytes.slice(12).map((byte) => byte ^ 0xff)]],
  // ISATAP, RFC 5214, under any prefix.
  [known('::/0'), (bytes) => (isIsatap(bytes) ? lastFour(bytes) : [])],
];

function carriedBy(address: Address): readonly Address[] {
  if (address.kind() === 'ipv4') return [];
  const bytes = address.toByteArray();
  return CARRIERS.flatMap(([network, carried]) =>
    contains(network, address) ? carried(bytes).map(ipv4) : [],
  );
}

function ipv4(bytes: readonly number[]): Address {
  return new ipaddr.IPv4([...bytes]);
}

function isUnspecifiedOrLoopback(bytes: readonly number[]): boolean {
  return bytes.slice(0, 15).every((byte) => byte === 0) && (bytes[15] ?? 0) <= 1;
}

/** An interface id `0000:5efe` or `0200:5efe`, then the IPv4 address. The second form marks a globally unique address. */
function isIsatap([, , , , , , , , first = 0, ...rest]: readonly number[]): boolean {
  const [second, third, fourth] = rest;
  return (first & 0xfd) === 0 && second === 0 && third === 0x5e && fourth === 0xfe;
}
