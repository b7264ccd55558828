import type { CaptureOptions } from '../capture/capture';
import type { SenderOptions } from '../delivery/attempt/sender';
import type { DispatcherOption } from '../dispatch/dispatcher';
import { RETENTION_DEFAULTS, type RetentionOptions } from '../dispatch/pruning';
import { OptionInvalidError } from '../errors/option-errors';
import { areAttemptOptions } from '../listener/saved/validation';
import { CONSOLE_LOGGER, type Logger } from '../logging/logger';
import type { DeliveryOptions } from '../options/delivery';
import { DELIVERY_DEFAULTS, withoutUndefined } from '../options/delivery-defaults';
import { checkPayloadTooLarge, checkRoute } from '../recipient/policies';
import { RecipientPolicy } from '../recipient/policy';
import type { EncryptionKeys } from '../vault/encryption-keys';
import { Vault } from '../vault/vault';

/** What `ModelHooks.attach` takes. Options left out take their default at every level. */
export interface AttachOptions extends CaptureOptions {
  /** Who sends after the commit. @defaultValue `'default'` */
  readonly dispatcher?: DispatcherOption;
  /** How requests are sent, and to whom. */
  readonly delivery?: DeliveryOptions;
  /** Whether this process sends and sweeps. @defaultValue `true` */
  readonly work?: boolean;
  /** How long an `'inline'` commit waits at most, in milliseconds. @defaultValue `10000` */
  readonly waitMs?: number;
  /** How often to look for work that other processes left behind, in milliseconds. @defaultValue `5000` */
  readonly sweepMs?: number;
  /** How long a claim holds, in milliseconds. It is renewed after a third of that time. @defaultValue `30000` */
  readonly leaseMs?: number;
  /** Pooled connections that the engine holds at once; none while it waits for HTTP. @defaultValue `2` */
  readonly connections?: number;
  /** How long events and deliveries are kept. */
  readonly retention?: RetentionOptions;
  /**
   * Encrypts secrets in the database with AES-256-GCM: keys of 32 bytes by id, the newest first. Older keys only decrypt, until
   * `hooks.listeners.reencrypt()` has run. Without keys, secrets are stored in plain text, and a warning is logged.
   */
  readonly encryptionKeys?: EncryptionKeys;
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
  onCaptureError: 'throw',
  logger: CONSOLE_LOGGER,
} as const satisfies Required<Omit<AttachOptions, 'delivery' | 'retention' | 'encryptionKeys'>>;

export interface ResolvedOptions
  extends Required<Omit<AttachOptions, 'delivery' | 'encryptionKeys'>> {
  readonly delivery: SenderOptions;
  readonly policy: RecipientPolicy;
  readonly retention: Required<RetentionOptions>;
  readonly vault: Vault;
}

/** Checks the options and fills in what was left out. Throws `OPTION_INVALID`. */
export function resolveOptions(options: AttachOptions): ResolvedOptions {
  const { delivery = {}, retention, encryptionKeys, ...given } = options;
  const { recipients, ...attempts } = delivery;
  const resolved: ResolvedOptions = {
    ...ATTACH_DEFAULTS,
    ...withoutUndefined(given),
    retention: { ...RETENTION_DEFAULTS, ...withoutUndefined(retention) },
    delivery: { ...DELIVERY_DEFAULTS, ...withoutUndefined(attempts) },
    policy: new RecipientPolicy(recipients),
    vault: new Vault(encryptionKeys),
  };
  check(resolved);
  return resolved;
}

function check(options: ResolvedOptions): void {
  const { dispatcher, delivery, retention, onCaptureError, work } = options;
  const isKnown =
    typeof dispatcher === 'object'
      ? // From JavaScript, null comes this way too.
        typeof dispatcher?.dispatch === 'function'
      : ['default', 'inline', 'disabled'].includes(dispatcher);
  if (!isKnown)
    throw new OptionInvalidError(
      'dispatcher',
      "'default', 'inline', 'disabled' or an object with dispatch()",
    );
  if (typeof work !== 'boolean') throw new OptionInvalidError('work', 'true or false');
  if (onCaptureError !== 'throw' && onCaptureError !== 'log')
    throw new OptionInvalidError('onCaptureError', "'throw' or 'log'");
  for (const option of ['waitMs', 'sweepMs', 'leaseMs', 'connections'] as const)
    requireNumber(option, options[option], 1);
  for (const option of ['eventsMs', 'deliveriesMs'] as const)
    requireNumber(`retention.${option}`, retention[option], 0);
  const { maxConcurrency, maxConcurrencyPerOrigin, keepAlive, ...others } = delivery;
  const { proxy, ca, payloadTooLarge, ...attempts } = others;
  checkRoute({ proxy, ca });
  requireNumber('delivery.maxConcurrency', maxConcurrency, 1);
  requireNumber('delivery.maxConcurrencyPerOrigin', maxConcurrencyPerOrigin, 1);
  if (typeof keepAlive !== 'boolean')
    throw new OptionInvalidError('delivery.keepAlive', 'true or false');
  checkPayloadTooLarge(payloadTooLarge);
  if (!areAttemptOptions(attempts))
    throw new OptionInvalidError('delivery', 'numbers within their bounds, and no unknown option');
}

function requireNumber(option: string, value: number, minimum: number): void {
  if (!Number.isFinite(value) || value < minimum)
    throw new OptionInvalidError(option, `a number from ${minimum} up`);
}
