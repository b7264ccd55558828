import { types } from 'node:util';
import { isThenable } from '../base/calling';
import { quoted } from '../base/quoted';
import { remember } from '../base/remember';
import { RecipientRefusedError } from '../errors/recipient-errors';
import type {
  ListenerRecipientOptions,
  RecipientOptions,
  RecipientValidator,
} from '../options/delivery';
import { contains, internalName, isLoopback, type Network, readAddress } from './addresses';
import { literalOf, machineOf, portOf } from './hosts';
import { networksOf, type RecipientRules, rulesOf } from './rules';

export const RECIPIENT_DEFAULTS = {
  protocols: ['http', 'https'],
  ports: [80, 443],
  blockInternal: true,
  allow: [],
  deny: [],
  validators: [],
} as const satisfies Omit<RecipientRules, 'lookup' | 'anyPortOfLoopback'>;

const DEFAULT_RULES: RecipientRules = { ...RECIPIENT_DEFAULTS, anyPortOfLoopback: false };

/** Rules that refuse no public recipient. A listener's policy starts from them, because the outer policy is checked too. */
const UNNARROWED: RecipientRules = { ...DEFAULT_RULES, ports: 'any', blockInternal: false };

/** Origins remembered. */
const MAX_ORIGINS = 1_000;

/**
 * Decides which recipients are allowed: deny → allow → blockInternal → validators. The URL of a target is checked when a listener is saved
 * and before each request, the address when connecting.
 */
export class RecipientPolicy {
  readonly rules: RecipientRules;
  readonly #allow: readonly Network[];
  readonly #deny: readonly Network[];
  /** Origins of targets that were allowed before; a delivery to one of them is not checked again. */
  readonly #allowedOrigins = new Map<string, true>();

  /** Options that are left out are those of `base`. A recipient must be allowed by `outer` too. Throws `OPTION_INVALID`. */
  constructor(
    options: RecipientOptions | 'development' = {},
    base: RecipientRules = DEFAULT_RULES,
    private readonly outer: RecipientPolicy | null = null,
  ) {
    this.rules = rulesOf(options, base);
    this.#allow = networksOf('delivery.recipients.allow', this.rules.allow);
    this.#deny = networksOf('delivery.recipients.deny', this.rules.deny);
  }

  /** A policy with these options, and those of this policy for the rest. Throws `OPTION_INVALID`. */
  overriddenBy(options: RecipientOptions | 'development'): RecipientPolicy {
    return new RecipientPolicy(options, this.rules);
  }

  /** A policy that allows what both this policy and the options allow. Throws `OPTION_INVALID`. */
  narrowedBy(options: ListenerRecipientOptions): RecipientPolicy {
    return new RecipientPolicy({ ...options, allow: [] }, UNNARROWED, this);
  }

  /** A validator may look at all of a URL, and change its mind. */
  get #isByOrigin(): boolean {
    return this.rules.validators.length === 0 && (this.outer === null || this.outer.#isByOrigin);
  }

  get lookup(): RecipientOptions['lookup'] {
    return this.outer?.lookup ?? this.rules.lookup;
  }

  /** Throws `RECIPIENT_REFUSED` for a URL whose spelling, protocol, port or literal address is forbidden. */
  checkTarget(target: URL): void {
    const { origin } = target;
    if (this.#isByOrigin && this.#allowedOrigins.has(origin) && !hasCredentials(target)) return;
    this.#checkTarget(target);
    remember(this.#allowedOrigins, MAX_ORIGINS, origin, true);
  }

  #checkTarget(target: URL): void {
    this.outer?.checkTarget(target);
    this.#checkParts(target);
    const literal = literalOf(target);
    this.#checkPort(target, literal ?? machineOf(target));
    if (literal === null) this.#checkName(target);
    else this.#checkAddress(literal);
    this.#askValidators(target, literal ?? undefined);
  }

  /** Throws `RECIPIENT_REFUSED` for an address that must not be connected to, whatever its name. */
  checkAddress(text: string): void {
    this.outer?.checkAddress(text);
    this.#checkAddress(text);
  }

  /** Throws `RECIPIENT_REFUSED` for an address that must not be connected to for requests to that origin. */
  checkConnection(origin: URL, address: string): void {
    this.outer?.checkConnection(origin, address);
    this.#checkPort(origin, address);
    this.#checkAddress(address);
    this.#askValidators(origin, address);
  }

  #checkParts(target: URL): void {
    const { protocols } = this.rules;
    const protocol = target.protocol.slice(0, -1);
    if (!protocols.some((allowed) => allowed === protocol))
      throw refusal(target.origin, 'protocols', `its protocol is ${protocol}`);
    if (hasCredentials(target))
      throw refusal(target.origin, 'protocols', 'it holds credentials; use headers');
  }

  /** Where loopback has further ports, the address decides. That of a name is known when connecting. */
  #checkPort(target: URL, address: string | null): void {
    const { ports, anyPortOfLoopback } = this.rules;
    const port = portOf(target);
    if (ports === 'any' || ports.some((allowed) => allowed === port)) return;
    if (anyPortOfLoopback && (address === null || isLoopback(address))) return;
    throw refusal(target.origin, 'ports', `its port is ${port}`);
  }

  #checkName(target: URL): void {
    const machine = machineOf(target);
    if (machine === null) return;
    try {
      this.#checkAddress(machine);
    } catch (error) {
      if (!(error instanceof RecipientRefusedError)) throw error;
      throw refusal(target.hostname, error.setting, 'it names this machine');
    }
  }

  #checkAddress(text: string): void {
    const read = readAddress(text);
    if (!read) throw refusal(text, 'blockInternal', 'it is no address');
    if (text.includes('%')) throw refusal(text, 'allow', 'it has a zone id, which nothing allows');
    if (read.members.some((member) => isIn(this.#deny, member)))
      throw refusal(text, 'deny', 'it is denied');
    if (!this.rules.blockInternal) return;
    for (const member of read.judged) {
      const name = isIn(this.#allow, member) ? null : internalName(member);
      if (name === null) continue;
      const what = `${member}` === text ? 'it' : `${member}`;
      throw refusal(text, 'allow', `${what} is an internal address (${name})`);
    }
  }

  #askValidators(target: URL, address: string | undefined): void {
    for (const validate of this.rules.validators) ask(validate, target, address);
  }
}

function hasCredentials({ username, password }: URL): boolean {
  return username !== '' || password !== '';
}

function isIn(networks: readonly Network[], address: Parameters<typeof contains>[1]): boolean {
  return networks.some((network) => contains(network, address));
}

function refusal(recipient: string, setting: string, why: string): RecipientRefusedError {
  return new RecipientRefusedError(recipient, setting, why);
}

/** Every error of a validator is a refusal, because another attempt would give the same result. */
function ask(validate: RecipientValidator, target: URL, address: string | undefined): void {
  let said: unknown;
  try {
    // A copy, so that the validator cannot change the target of the request.
    said = validate(new URL(target), address);
  } catch (error) {
    if (error instanceof RecipientRefusedError) throw error;
    throw refusal(target.origin, 'validators', reasonOf(error));
  }
  if (!isThenable(said)) return;
  Promise.resolve(said).catch(() => undefined);
  throw refusal(
    target.origin,
    'validators',
    'a validator returned a promise; it must be synchronous',
  );
}

function reasonOf(error: unknown): string {
  return types.isNativeError(error) || error instanceof Error ? error.message : quoted(error);
}
