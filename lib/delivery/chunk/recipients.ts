import { DatabaseClock, monotonicMs } from '../../base/clock';
import { SecretKeyMissingError, SecretUnreadableError } from '../../errors/vault-errors';
import { StoredSecrets } from '../../listener/saved/sealing';
import { BODY_FORMATS } from '../../options/body-format';
import { handlerName } from '../../options/handler-ref';
import { secretTexts, textOf, withSecrets } from '../../options/header-value';
import { CONTENT_TYPES, DIGESTS, SIGNATURE_KINDS } from '../../options/listener';
import type { KeyRing } from '../../signing/key-ring';
import type { ArrivedRows } from '../../store/later-rows';
import { formatOf } from '../../store/listener-columns';
import type { RecipientRow, RecipientRows } from '../../store/recipients';
import type { Vault } from '../../vault/vault';
import type { Outcome } from './outcome';

/** A listener as its deliveries need it, with its secrets opened. */
export interface Recipient extends PublicValues, OpenedSecrets {
  /** What the times of the listener are compared with. */
  readonly clock: Pick<DatabaseClock, 'nowMs'>;
  /** Signs its requests beside its secrets, or in their place. Null if they alone sign. */
  readonly keyRing: KeyRing | null;
  /** The outcome of its deliveries if this process lacks keys or does not know its options; null if it can send. */
  readonly unreadable: Outcome | null;
}

type PublicValues = Omit<
  RecipientRow,
  'identity' | 'secret' | 'previous_secret' | 'headers' | 'readMs'
>;

interface OpenedSecrets {
  readonly secret: string;
  /** Null unless both secrets are valid at the moment. */
  readonly previousSecret: string | null;
  /** As they are sent. */
  readonly headers: Readonly<Record<string, string>>;
  /** The values among them that are secret. */
  readonly secretHeaders: readonly string[];
}

/** What recipients are read with. */
export interface RecipientKeys {
  readonly vault: Vault;
  readonly keyRing: KeyRing;
}

/** While processes are restarted one by one, only some of them know the newest encryption key, or the options of the newest release. */
const UNKNOWN_MS = 5_000;

/** The stored ones among these listeners, as they are now, in no order. */
export async function readRecipients(
  rows: Pick<RecipientRows, 'read'>,
  keys: RecipientKeys,
  ids: ReadonlySet<string>,
): Promise<readonly Recipient[]> {
  const read = await rows.read(ids);
  return recipientsOf({ rows: read, atMs: monotonicMs() }, keys);
}

/** The recipients in these rows. */
export function recipientsOf(
  { rows, atMs }: ArrivedRows<RecipientRow>,
  { vault, keyRing }: RecipientKeys,
): readonly Recipient[] {
  const clock = new DatabaseClock((rows[0]?.readMs ?? 0) + monotonicMs() - atMs);
  return rows.map((row) => recipientOf(row, { vault, keyRing, clock }));
}

/** The values of a recipient that must not appear in anything that is stored or logged. */
export function secretsOf({ secret, previousSecret, secretHeaders }: Recipient): readonly string[] {
  return [secret, ...(previousSecret === null ? [] : [previousSecret]), ...secretHeaders];
}

interface ReadWith extends RecipientKeys {
  readonly clock: DatabaseClock;
}

function recipientOf(row: RecipientRow, { vault, keyRing, clock }: ReadWith): Recipient {
  const unknown = unknownOption(row);
  if (unknown !== null) {
    const reason = `the process that tried does not know the ${unknown} of the listener`;
    return unreadable(row, clock, { kind: 'waiting', afterMs: UNKNOWN_MS, reason });
  }
  const ring = row.signature === 'v1' || handlerName(row.target) !== null ? null : keyRing;
  if (ring?.isEmpty) return unreadable(row, clock, WITHOUT_KEYS);
  try {
    return recipient(row, clock, {
      ...openedSecrets(new StoredSecrets(vault, row)),
      keyRing: ring,
    });
  } catch (error) {
    return unreadable(row, clock, outcomeWithoutSecrets(error));
  }
}

/** A request with fewer signatures than the listener expects could be refused for good. */
const WITHOUT_KEYS: Outcome = {
  kind: 'waiting',
  afterMs: UNKNOWN_MS,
  reason: 'the listener wants v1a signatures, and the process that tried was given no signingKeys',
};

/** What a newer release has stored and this one does not know; null if there is nothing. */
function unknownOption(row: RecipientRow): string | null {
  const { target, digest, signature, contentType } = row;
  const format = formatOf(row.format);
  if (OTHER_SCHEME.test(target) && handlerName(target) === null) return 'target';
  if (format !== null && !BODY_FORMATS.some((one) => one === format)) return 'format';
  if (!DIGESTS.includes(digest)) return 'digest';
  if (!SIGNATURE_KINDS.includes(signature)) return 'signature';
  return CONTENT_TYPES.includes(contentType) ? null : 'content type';
}

const OTHER_SCHEME = /^(?!https?:)[a-z][a-z\d+.-]*:/i;

function unreadable(row: RecipientRow, clock: DatabaseClock, outcome: Outcome): Recipient {
  return { ...recipient(row, clock, NO_SECRETS), unreadable: outcome };
}

/** Copies member by member: spreading the row would take a sixth of the time of a fan-out. */
function recipient(
  row: RecipientRow,
  clock: DatabaseClock,
  opened: OpenedSecrets & Pick<Recipient, 'keyRing'>,
): Recipient {
  return {
    id: row.id,
    target: row.target,
    contentType: row.contentType,
    // Validation accepted it, unless `unreadable` says that a newer release has stored it.
    format: formatOf(row.format) as RecipientRow['format'],
    digest: row.digest,
    signature: row.signature,
    replies: row.replies,
    delivery: row.delivery,
    batch: row.batch,
    select: row.select,
    active: row.active,
    inactiveReason: row.inactiveReason,
    pausedUntilMs: row.pausedUntilMs,
    failingSinceMs: row.failingSinceMs,
    config: row.config,
    clock,
    secret: opened.secret,
    previousSecret: opened.previousSecret,
    headers: opened.headers,
    secretHeaders: opened.secretHeaders,
    keyRing: opened.keyRing,
    unreadable: null,
  };
}

const NO_SECRETS = {
  secret: '',
  previousSecret: null,
  headers: {},
  secretHeaders: [],
  keyRing: null,
};

function openedSecrets(stored: StoredSecrets): OpenedSecrets {
  const { secret, previousSecret, headers } = stored;
  if (!Object.values(headers).every((value) => typeof textOf(value) === 'string'))
    throw new TypeError('The headers are not texts.');
  const secretHeaders = secretTexts(headers);
  return { secret, previousSecret, headers: withSecrets(headers, (text) => text), secretHeaders };
}

function outcomeWithoutSecrets(error: unknown): Outcome {
  if (error instanceof SecretUnreadableError)
    return { kind: 'failed', reason: "the listener's secrets do not open with their key" };
  if (!(error instanceof SecretKeyMissingError))
    return { kind: 'failed', reason: 'the stored listener could not be read' };
  const reason = `the listener's secrets are sealed with "${error.keys.join()}", which the process that tried was not given`;
  return { kind: 'waiting', afterMs: UNKNOWN_MS, reason };
}
