import { isIP } from 'node:net';

/** Names of this machine that are known without a resolver, or are in the usual /etc/hosts. */
const NAMES_OF_THIS_MACHINE: Readonly<Record<string, string>> = {
  localhost: '127.0.0.1',
  'localhost.localdomain': '127.0.0.1',
  localhost6: '::1',
  'localhost6.localdomain6': '::1',
  'ip6-localhost': '::1',
  'ip6-loopback': '::1',
};

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/** The address of a URL that has an address instead of a name. Null for a name. */
export function literalOf(url: URL): string | null {
  const host = hostOf(url);
  return isIP(host) === 0 ? null : host;
}

/** The address of this machine, if the host of the URL is one of its known names. Null otherwise. */
export function machineOf(url: URL): string | null {
  const host = hostOf(url);
  if (host.endsWith('.localhost')) return '127.0.0.1';
  return Object.hasOwn(NAMES_OF_THIS_MACHINE, host) ? (NAMES_OF_THIS_MACHINE[host] ?? null) : null;
}

/** The port of a URL. NaN for a protocol without a default port. */
export function portOf({ port, protocol }: URL): number {
  return Number(port === '' ? DEFAULT_PORTS[protocol] : port);
}

/**
 * The host without brackets and trailing dots. The WHATWG parser has already normalised capitals, and decimal, octal, hex and full-width
 * spellings of an address, unless more than one dot followed them.
 */
function hostOf({ hostname }: URL): string {
  const bare = hostname.replace(/^\[|\]$/g, '');
  const undotted = bare.replace(/\.+$/, '');
  const again = `http://${undotted}`;
  return undotted !== bare && URL.canParse(again) ? new URL(again).hostname : undotted;
}
