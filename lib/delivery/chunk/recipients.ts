import { DatabaseClock, monotonicMs } from '../../base/clock';
import { SecretKeyMissingError, SecretUnreadableError } from '../../errors/vault-errors';
import { StoredSecrets } from '../../listener/saved/sealing';
import { BODY_FORMATS } from '../../options/body-format';
import { handlerName } from '../../options/handler-ref';
import { secretTexts, textOf, withSecrets } from '../../options/header-value';
import { CONTENT_TYPES, DIGESTS } from '../../options/listener';
import type { ArrivedRows } from '../../store/later-rows';
import { formatOf } from '../../store/listener-columns';
import type { RecipientRow, RecipientRows } from '../../store/recipients';
import type { Vault } from '../../vault/vault';
import type { Outcome } from './outcome';

/** A listener as its deliveries need it, with its secrets opened. */
export interface Recipient extends PublicValues, OpenedSecrets {
  /** What the times of the listener are compared with. */
  readonly clock: Pick<DatabaseClock, 'nowMs'>;
  /** The outcome of its deliveries if this process cannot open its secrets or does not know its options; null if it can send. */
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

/** While processes are restarted one by one, only some of them know the newest encryption key, or the options of the newest release. */
const UNKNOWN_MS = 5_000;

/** The stored ones among these listeners, as they are now, in no order. */
export async function readRecipients(
  rows: Pick<RecipientRows, 'read'>,
  vault: Vault,
  ids: ReadonlySet<string>,
): Promise<readonly Recipient[]> {
  const read = await rows.read(ids);
  return recipientsOf({ rows: read, atMs: monotonicMs() }, vault);
}

/** The recipients in these rows. */
export function recipientsOf(
  { rows, atMs }: ArrivedRows<RecipientRow>,
  vault: Vault,
): readonly Recipient[] {
  const clock = new DatabaseClock((rows[0]?.readMs ?? 0) + monotonicMs() - atMs);
  return rows.map((row) => recipientOf(row, { vault, clock }));
}

/** The values of a recipient that must not appear in anything that is stored or logged. */
export function secretsOf({ secret, previousSecret, secretHeaders }: Recipient): readonly string[] {
  return [secret, ...(previousSecret === null ? [] : [previousSecret]), ...secretHeaders];
}

interface ReadWith {
  readonly vault: Vault;
  readonly clock: DatabaseClock;
}

function recipientOf(row: RecipientRow, { vault, clock }: ReadWith): Recipient {
  const unknown = unknownOption(row);
  if (unknown !== null) {
    const reason = `the process that tried does not know the ${unknown} of the listener`;
    return recipient(row, clock, NO_SECRETS, { kind: 'waiting', afterMs: UNKNOWN_MS, reason });
  }
  try {
    return recipient(row, clock, openedSecrets(new StoredSecrets(vault, row)));
  } catch (error) {
    return recipient(row, clock, NO_SECRETS, outcomeWithoutSecrets(error));
  }
}

/** What a newer release has stored and this one does not know; null if there is nothing. */
function unknownOption({
  target,
  format: stored,
  digest,
  contentType,
}: RecipientRow): string | null {
  const format = formatOf(stored);
  if (OTHER_SCHEME.test(target) && handlerName(target) === null) return 'target';
  if (format !== null && !BODY_FORMATS.some((one) => one === format)) return 'format';
  if (!DIGESTS.includes(digest)) return 'digest';
  return CONTENT_TYPES.includes(contentType) ? null : 'content type';
}

const OTHER_SCHEME = /^(?!https?:)[a-z][a-z\d+.-]*:/i;

/** Copies member by member: spreading the row would take a sixth of the time of a fan-out. */
function recipient(
  row: RecipientRow,
  clock: DatabaseClock,
  secrets: OpenedSecrets,
  unreadable: Outcome | null = null,
): Recipient {
  return {
    id: row.id,
    target: row.target,
    contentType: row.contentType,
    // Validation accepted it, unless `unreadable` says that a newer release has stored it.
    format: formatOf(row.format) as RecipientRow['format'],
    digest: row.digest,
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
    secret: secrets.secret,
    previousSecret: secrets.previousSecret,
    headers: secrets.headers,
    secretHeaders: secrets.secretHeaders,
    unreadable,
  };
}

const NO_SECRETS: OpenedSecrets = {
  secret: '',
  previousSecret: null,
  headers: {},
  secretHeaders: [],
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
