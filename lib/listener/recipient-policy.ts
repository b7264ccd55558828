import ipaddr from 'ipaddr.js';
import type { RecipientOptions, RecipientValidator } from '../delivery/options';
import { OptionInvalidError, RecipientRefusedError } from '../errors';

export const RECIPIENT_DEFAULTS = {
  protocols: ['http', 'https'],
  ports: [80, 443],
  blockInternal: true,
  allow: [],
  deny: [],
  validators: [],
} as const satisfies Omit<Required<RecipientOptions>, 'lookup'>;

/** Loopback on any port: for a receiver on the developer's own machine. */
const DEVELOPMENT: RecipientOptions = { ports: 'any', allow: ['127.0.0.0/8', '::1/128'] };

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = [Address, number];

/**
 * Decides who may be sent to: deny → allow → blockInternal. A target's spelling is judged when it is saved and again when it is sent
 * to; an address when it is connected to.
 */
export class RecipientPolicy {
  readonly #options: Omit<Required<RecipientOptions>, 'lookup'>;
  readonly #allow: readonly Range[];
  readonly #deny: readonly Range[];
  readonly lookup: RecipientOptions['lookup'];

  constructor(options: RecipientOptions | 'development' = {}) {
    const given = options === 'development' ? development() : options;
    this.#options = { ...RECIPIENT_DEFAULTS, ...given };
    checkLists(this.#options);
    this.#allow = ranges('allow', this.#options.allow);
    this.#deny = ranges('deny', this.#options.deny);
    this.lookup = given.lookup;
  }

  /** Throws `RECIPIENT_REFUSED` for a URL whose spelling, protocol, port or literal address is forbidden. */
  checkTarget(target: URL): void {
    const { protocols, ports, validators } = this.#options;
    const protocol = target.protocol.slice(0, -1);
    if (!protocols.some((allowed) => allowed === protocol))
      throw new RecipientRefusedError(target.origin, 'protocols', `its protocol is ${protocol}`);
    if (target.username || target.password)
      throw new RecipientRefusedError(
        target.origin,
        'protocols',
        'it holds credentials; use headers',
      );
    const port = target.port ? Number(target.port) : DEFAULT_PORTS[target.protocol];
    if (ports !== 'any' && !ports.some((allowed) => allowed === port))
      throw new RecipientRefusedError(target.origin, 'ports', `its port is ${port}`);
    this.#checkHost(target.hostname);
    for (const validate of validators) checkWith(validate, target);
  }

  /** Throws `RECIPIENT_REFUSED` for an address that must not be connected to. */
  checkAddress(text: string): void {
    const address = parse(text);
    if (!address) throw new RecipientRefusedError(text, 'blockInternal', 'it is no address');
    if (inside(address, this.#deny)) throw new RecipientRefusedError(text, 'deny', 'it is denied');
    if (inside(address, this.#allow) || !this.#options.blockInternal) return;
    if (!isPublic(address))
      throw new RecipientRefusedError(
        text,
        'allow',
        `it is an internal address (${address.range()})`,
      );
  }

  /** The WHATWG parser has turned decimal, octal and hex spellings of an address into the dotted one by now. */
  #checkHost(hostname: string): void {
    const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
    // Finding out that a name is no address takes ipaddr.js longer than all else here.
    if (/^[\da-fx.]+$|:/i.test(host) && ipaddr.isValid(host)) {
      this.checkAddress(host);
      return;
    }
    if (host !== 'localhost' && !host.endsWith('.localhost')) return;
    try {
      this.checkAddress('127.0.0.1');
    } catch {
      throw new RecipientRefusedError(hostname, 'allow', 'it names this machine');
    }
  }
}

/** Whatever a validator throws, it is a refusal: another attempt would fare no better. */
function checkWith(validate: RecipientValidator, target: URL): void {
  try {
    validate(target);
  } catch (error) {
    if (error instanceof RecipientRefusedError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new RecipientRefusedError(target.origin, 'validators', why);
  }
}

function development(): RecipientOptions {
  if (process.env.NODE_ENV === 'production')
    throw new OptionInvalidError(
      'delivery.recipients',
      "an object where NODE_ENV is production; 'development' would allow loopback",
    );
  return DEVELOPMENT;
}

function checkLists({
  protocols,
  ports,
  validators,
}: Required<Omit<RecipientOptions, 'lookup'>>): void {
  if (!Array.isArray(protocols) || !protocols.every((name) => name === 'http' || name === 'https'))
    throw new OptionInvalidError('delivery.recipients.protocols', "a list of 'http' and 'https'");
  if (ports !== 'any' && !(Array.isArray(ports) && ports.every(isPort)))
    throw new OptionInvalidError('delivery.recipients.ports', "'any' or a list of port numbers");
  if (!Array.isArray(validators) || !validators.every((one) => typeof one === 'function'))
    throw new OptionInvalidError('delivery.recipients.validators', 'a list of functions');
}

function isPort(port: unknown): boolean {
  return Number.isInteger(port) && Number(port) > 0 && Number(port) < 65_536;
}

function ranges(setting: 'allow' | 'deny', cidrs: readonly string[]): readonly Range[] {
  return cidrs.map((cidr) => {
    try {
      return ipaddr.parseCIDR(cidr);
    } catch {
      throw new OptionInvalidError(
        `delivery.recipients.${setting}`,
        `a list of CIDRs like "10.0.0.0/8", not "${cidr}"`,
      );
    }
  });
}

/** An IPv6 address that carries an IPv4 one is judged by the carried one. */
function parse(text: string): Address | null {
  const [bare = text] = text.split('%');
  return ipaddr.isValid(bare) ? ipaddr.process(bare) : null;
}

// The rest of IPv6 is not handed out: `::7f00:1`, an old spelling of 127.0.0.1, is "unicast" as well.
const PUBLIC_IPV6: Range = ipaddr.parseCIDR('2000::/3');

function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  return address.kind() === 'ipv4' || inside(address, [PUBLIC_IPV6]);
}

function inside(address: Address, list: readonly Range[]): boolean {
  return list.some(([network, bits]) =>
    address.kind() === network.kind() ? address.match([network, bits] as never) : false,
  );
}
