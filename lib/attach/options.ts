import { isDeepStrictEqual } from 'node:util';
import { isObjectLiteral } from '../base/json';
import type { CaptureOptions } from '../capture/capture';
import { TRIGGER_DEFAULTS, TRIGGER_SHAPE, type TriggerOptions } from '../capture/triggers/options';
import type { SenderOptions } from '../delivery/attempt/sender';
import type { DispatcherOption } from '../dispatch/dispatcher';
import { RETENTION_DEFAULTS, type RetentionOptions } from '../dispatch/pruning';
import { OptionInvalidError } from '../errors/option-errors';
import { guardedLogger } from '../logging/guarded-logger';
import { CONSOLE_LOGGER, type Logger } from '../logging/logger';
import { checkedOptions } from '../options/checked';
import { CRITERIA_MODES, type CriteriaMode } from '../options/criteria';
import type { DeliveryOptions, RecipientOptions } from '../options/delivery';
import { DELIVERY_DEFAULTS, LIMIT_DEFAULTS } from '../options/delivery-defaults';
import { DELIVERY_SHAPE } from '../options/delivery-shape';
import {
  ANYTHING,
  BOOLEAN,
  numberFrom,
  oneOf,
  optionsOf,
  type Rule,
  type Shape,
  wholeNumberFrom,
} from '../options/rules';
import { RecipientPolicy } from '../recipient/policy';
import type { RecipientRules } from '../recipient/rules';
import { KeyRing, type SigningKeys } from '../signing/key-ring';
import { DATABASE_DEFAULTS } from '../store/database';
import {
  type ResolvedTelemetry,
  resolvedTelemetry,
  TELEMETRY,
  type TelemetryOptions,
} from '../telemetry/options';
import type { EncryptionKeys } from '../vault/encryption-keys';
import { Vault } from '../vault/vault';

/** The options of `ModelHooks.attach`. An option that is left out, at any level, takes its default. */
export interface AttachOptions extends CaptureOptions, TriggerOptions {
  /** Who sends after the commit. @defaultValue `'default'` */
  readonly dispatcher?: DispatcherOption;
  /** How requests are sent, and to whom. */
  readonly delivery?: DeliveryOptions;
  /** Whether this process sends deliveries and takes over those that other processes left. @defaultValue `true` */
  readonly work?: boolean;
  /**
   * Whether processes notify each other of work, by `NOTIFY`. `true`: each process that captures notifies, and each one that sends
   * listens, on a connection of its own. `false`: none does, and a sweep finds the work. @defaultValue a process that only captures notifies, and one that `hooks.work()` runs in listens
   */
  readonly notify?: boolean;
  /** The longest time that a commit waits with the dispatcher `'inline'`, in milliseconds. @defaultValue `10000` */
  readonly waitMs?: number;
  /** How often to look for work that other processes left behind, in milliseconds. @defaultValue `5000` */
  readonly sweepMs?: number;
  /** How long a claim holds, in milliseconds. It is renewed after a third of that time. @defaultValue `30000` */
  readonly leaseMs?: number;
  /**
   * How long one statement of the package may take, in milliseconds, the wait for a pooled connection included. Then it is given up, its
   * connection is closed, and the work is done again later. @defaultValue the value of `leaseMs`
   */
  readonly statementTimeoutMs?: number;
  /** The most pooled connections that the engine uses at a time. It holds none while it waits for HTTP. @defaultValue `2` */
  readonly connections?: number;
  /**
   * Whether the server keeps the package's frequent statements prepared, on each pooled connection (`'named'`), so that it does not plan
   * them each time. Where a pooler gives each transaction another connection and does not know prepared statements, the first error ends
   * this. @defaultValue `'named'`
   */
  readonly statements?: 'named' | 'unnamed';
  /**
   * Whether the commits of the package's own plans and outcomes wait for the disk. What a crash of the database undoes of them is done
   * again: deliveries are repeated, with the same ids. Writes of the application, and claims, are not affected. With `false`, deliveries of
   * ordered listeners can be left waiting after such a crash. @defaultValue `true`
   */
  readonly synchronousCommit?: boolean;
  /** How long events and deliveries are kept. */
  readonly retention?: RetentionOptions;
  /**
   * Encrypts secrets in the database with AES-256-GCM: keys of 32 bytes by id, the newest first. Older keys only decrypt, until
   * `hooks.listeners.reencrypt()` has run. Without keys, secrets are stored in plain text, and a warning is logged.
   */
  readonly encryptionKeys?: EncryptionKeys;
  /**
   * Signs the requests of listeners with `signature: 'v1a'` or `'both'` by ed25519, as Standard Webhooks defines it: at most 4 keys by id,
   * the newest first, each `whsk_` and base64 as `generateSigningKey()` makes it. All of them sign, so that a key can be replaced.
   */
  readonly signingKeys?: SigningKeys;
  /**
   * What a write of a hooked entity by criteria, by query builder or by `insert()` does: make an event of each row that it changes
   * (`'expand'`), log a warning (`'warn'`), be rejected with `CRITERIA_REFUSED` (`'refuse'`), or nothing (`'ignore'`). A hook can have its
   * own. @defaultValue `'expand'`
   */
  readonly criteria?: CriteriaMode;
  /**
   * Whether spans and metrics are made with OpenTelemetry, if `@opentelemetry/api` is installed; with `{ traceparent: false }`, requests
   * do not have the headers of their spans. @defaultValue `true`
   */
  readonly telemetry?: boolean | TelemetryOptions;
  /** Receives warnings and errors. @defaultValue warnings and errors to `console` */
  readonly logger?: Logger;
}

export const ATTACH_DEFAULTS = {
  dispatcher: 'default',
  work: true,
  waitMs: 10_000,
  sweepMs: 5_000,
  leaseMs: 30_000,
  connections: 2,
  ...DATABASE_DEFAULTS,
  onCaptureError: 'throw',
  criteria: 'expand',
  ...TRIGGER_DEFAULTS,
  telemetry: true,
  logger: CONSOLE_LOGGER,
} as const satisfies Required<
  Omit<
    AttachOptions,
    'delivery' | 'retention' | 'encryptionKeys' | 'signingKeys' | 'statementTimeoutMs' | 'notify'
  >
>;

const DISPATCHERS = ['default', 'inline', 'disabled'] as const;

export interface ResolvedOptions
  extends Required<
    Omit<AttachOptions, 'delivery' | 'encryptionKeys' | 'signingKeys' | 'notify' | 'telemetry'>
  > {
  /** Undefined: processes that only capture notify, and only workers listen. */
  readonly notify?: boolean;
  readonly telemetry: ResolvedTelemetry;
  readonly delivery: SenderOptions;
  readonly policy: RecipientPolicy;
  readonly retention: Required<RetentionOptions>;
  readonly vault: Vault;
  readonly keyRing: KeyRing;
}

const DISPATCHER: Rule = {
  accepts: (value) => DISPATCHERS.some((name) => name === value) || hasMethods(value, ['dispatch']),
  expected: "'default', 'inline', 'disabled' or an object with dispatch()",
  repeatsText: true,
};

const LOGGER: Rule = {
  accepts: (value) => hasMethods(value, ['debug', 'info', 'warn', 'error']),
  expected: 'an object with the functions debug, info, warn and error',
};

const RETENTION_SHAPE: Shape<RetentionOptions> = {
  eventsMs: numberFrom(0),
  deliveriesMs: numberFrom(0),
};

const ATTACH_SHAPE: Shape<AttachOptions> = {
  dispatcher: DISPATCHER,
  delivery: optionsOf(DELIVERY_SHAPE),
  work: BOOLEAN,
  notify: BOOLEAN,
  waitMs: numberFrom(1),
  sweepMs: numberFrom(1),
  leaseMs: numberFrom(1),
  statementTimeoutMs: numberFrom(1),
  connections: wholeNumberFrom(1),
  statements: oneOf('named', 'unnamed'),
  synchronousCommit: BOOLEAN,
  retention: optionsOf(RETENTION_SHAPE),
  onCaptureError: oneOf('throw', 'log'),
  criteria: oneOf(...CRITERIA_MODES),
  ...TRIGGER_SHAPE,
  // Checked by the vault, which reads the keys.
  encryptionKeys: ANYTHING,
  // Checked by the key ring, which reads the keys.
  signingKeys: ANYTHING,
  telemetry: TELEMETRY,
  logger: LOGGER,
};

/** Checks the options and fills in what was left out. Throws `OPTION_INVALID`. */
export function resolveOptions(given: AttachOptions): ResolvedOptions {
  const options = checkedOptions<AttachOptions>(given, ATTACH_SHAPE);
  const { delivery = {}, retention, logger = CONSOLE_LOGGER, ...unsealed } = options;
  const { encryptionKeys, signingKeys, ...others } = unsealed;
  const { recipients, limits, ...attempts } = delivery;
  return {
    ...ATTACH_DEFAULTS,
    statementTimeoutMs: others.leaseMs ?? ATTACH_DEFAULTS.leaseMs,
    ...others,
    telemetry: resolvedTelemetry(others.telemetry ?? ATTACH_DEFAULTS.telemetry),
    logger: guardedLogger(logger),
    retention: { ...RETENTION_DEFAULTS, ...retention },
    delivery: { ...DELIVERY_DEFAULTS, ...attempts, limits: { ...LIMIT_DEFAULTS, ...limits } },
    policy: new RecipientPolicy(recipients),
    vault: new Vault(encryptionKeys),
    keyRing: new KeyRing(signingKeys),
  };
}

/**
 * Checks the options of a second `attach`: each that is named must be as in the first. Data is compared by value, functions and objects
 * with functions by identity. Throws `OPTION_INVALID`.
 */
export function checkSameOptions(attached: ResolvedOptions, given: AttachOptions): void {
  const named = checkedOptions<AttachOptions>(given, ATTACH_SHAPE);
  const option = differingOption(named, attached, resolveOptions(named));
  if (option !== null)
    throw new OptionInvalidError(
      option,
      'as in the first attach() of this DataSource, or left out in the second',
    );
}

function differingOption(
  named: AttachOptions,
  first: ResolvedOptions,
  second: ResolvedOptions,
): string | null {
  const { delivery = {}, retention = {}, encryptionKeys, signingKeys, ...own } = named;
  const { recipients = {}, limits = {}, ...attempts } = delivery;
  return (
    firstDifference('', own, first, second) ??
    firstDifference('retention.', retention, first.retention, second.retention) ??
    firstDifference('delivery.', attempts, first.delivery, second.delivery) ??
    firstDifference('delivery.limits.', limits, first.delivery.limits, second.delivery.limits) ??
    differingRecipients(recipients, first.policy.rules, second.policy.rules) ??
    (encryptionKeys === undefined || first.vault.hasSameKeys(second.vault)
      ? null
      : 'encryptionKeys') ??
    (signingKeys === undefined || first.keyRing.hasSameKeys(second.keyRing) ? null : 'signingKeys')
  );
}

function differingRecipients(
  named: RecipientOptions | 'development',
  first: RecipientRules,
  second: RecipientRules,
): string | null {
  const path = 'delivery.recipients';
  if (named !== 'development') return firstDifference(`${path}.`, named, first, second);
  return firstDifference('', second, first, second) === null ? null : path;
}

function firstDifference<Options extends object>(
  prefix: string,
  named: { readonly [Name in keyof Options]?: unknown },
  first: Options,
  second: Options,
): string | null {
  const names = Object.keys(named) as (keyof Options & string)[];
  const differing = names.find((name) => !isSame(first[name], second[name]));
  return differing === undefined ? null : prefix + differing;
}

/** Lists, bytes and objects without functions are data; every other object, such as a logger, is itself only. */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  const isData = Array.isArray(a) || ArrayBuffer.isView(a) || hasNoFunctions(a);
  return isData && isDeepStrictEqual(a, b);
}

function hasNoFunctions(value: unknown): boolean {
  return isObjectLiteral(value) && Object.values(value).every((one) => typeof one !== 'function');
}

function hasMethods(value: unknown, names: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return names.every((name) => typeof Reflect.get(value, name) === 'function');
}
