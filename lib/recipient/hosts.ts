import { isIP } from 'node:net';

/** Names that mean this machine without a resolver being asked, or that the usual /etc/hosts holds. */
const NAMES_OF_THIS_MACHINE: Readonly<Record<string, string>> = {
  localhost: '127.0.0.1',
  'localhost.localdomain': '127.0.0.1',
  localhost6: '::1',
  'localhost6.localdomain6': '::1',
  'ip6-localhost': '::1',
  'ip6-loopback': '::1',
};

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/** The address that stands in a URL in place of a name; null where there is a name. */
export function literalOf(url: URL): string | null {
  const host = hostOf(url);
  return isIP(host) === 0 ? null : host;
}

/** The address of this machine that the URL's host is a name for; null where it is none. */
export function machineOf(url: URL): string | null {
  const host = hostOf(url);
  if (host.endsWith('.localhost')) return '127.0.0.1';
  return Object.hasOwn(NAMES_OF_THIS_MACHINE, host) ? (NAMES_OF_THIS_MACHINE[host] ?? null) : null;
}

/** The port that a URL leads to; NaN for a protocol that has none. */
export function portOf({ port, protocol }: URL): number {
  return Number(port === '' ? DEFAULT_PORTS[protocol] : port);
}

/**
 * Without brackets and dots at the end. The WHATWG parser has turned capitals, and decimal, octal, hex and full-width spellings of an
 * address into the usual one, unless more than one dot followed them.
 */
function hostOf({ hostname }: URL): string {
  const bare = hostname.replace(/^\[|\]$/g, '');
  const undotted = bare.replace(/\.+$/, '');
  const again = `http://${undotted}`;
  return undotted !== bare && URL.canParse(again) ? new URL(again).hostname : undotted;
}
