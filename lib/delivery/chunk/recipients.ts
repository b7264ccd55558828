import { SecretKeyMissingError } from '../../errors/vault-errors';
import type { Listener } from '../../listener/declared/listener';
import { StoredSecrets } from '../../listener/saved/sealing';
import { secretTexts, withSecrets } from '../../options/header-value';
import type { Query } from '../../store/database';
import { previousSecretSql } from '../../store/listener-sql';
import type { SecretColumns } from '../../store/secrets';
import type { Tables } from '../../store/tables';
import type { Vault } from '../../vault/vault';
import type { Outcome } from './outcome';

/** What of a listener its deliveries need. Not its conditions: they were judged when its events were planned. */
export interface Recipient extends Plain, Secret {
  /** What becomes of its deliveries here, since its secrets do not open; null where they do. */
  readonly unreadable: Outcome | null;
}

interface Plain
  extends Pick<
    Listener,
    | 'id'
    | 'target'
    | 'contentType'
    | 'format'
    | 'digest'
    | 'replies'
    | 'delivery'
    | 'active'
    | 'inactiveReason'
    | 'pausedUntil'
  > {
  readonly failingSince: Date | null;
}

interface Secret {
  readonly secret: string;
  /** Null, but for the time in which both hold. */
  readonly previousSecret: string | null;
  /** As they are sent. */
  readonly headers: Readonly<Record<string, string>>;
  /** Those of their values that are secret. */
  readonly secretHeaders: readonly string[];
}

/** A key may be known to another process only: the newest one, while processes are started anew one by one. */
const UNKNOWN_KEY_MS = 5_000;

/** Those that are still stored, as they are now, in no order. */
export async function readRecipients(
  query: Query,
  { listener }: Tables,
  vault: Vault,
  ids: ReadonlySet<string>,
): Promise<readonly Recipient[]> {
  const rows = await query<Plain & SecretColumns>(
    `SELECT id, target, content_type AS "contentType", format, digest, replies, delivery, active,
       inactive_reason AS "inactiveReason", paused_until AS "pausedUntil", failing_since AS "failingSince",
       CASE WHEN key_ids = '{}' THEN '' ELSE identity END AS identity, secret, ${previousSecretSql('l')} AS previous_secret, headers
     FROM ${listener} l WHERE id = ANY($1::uuid[])`,
    [`{${[...ids].join()}}`],
  );
  return rows.map((row) => recipientOf(row, vault));
}

/** What of a recipient must not be repeated anywhere. */
export function secretsOf({ secret, previousSecret, secretHeaders }: Recipient): readonly string[] {
  return [secret, ...(previousSecret === null ? [] : [previousSecret]), ...secretHeaders];
}

function recipientOf(row: Plain & SecretColumns, vault: Vault): Recipient {
  try {
    return recipient(row, openedSecrets(new StoredSecrets(vault, row)), null);
  } catch (error) {
    return recipient(row, NOTHING_OPENED, outcomeWithout(error));
  }
}

/** Member by member: of the time that a fan-out takes, spreading rows would take a sixth. */
function recipient(row: Plain, secrets: Secret, unreadable: Outcome | null): Recipient {
  return {
    id: row.id,
    target: row.target,
    contentType: row.contentType,
    format: row.format,
    digest: row.digest,
    replies: row.replies,
    delivery: row.delivery,
    active: row.active,
    inactiveReason: row.inactiveReason,
    pausedUntil: row.pausedUntil,
    failingSince: row.failingSince,
    secret: secrets.secret,
    previousSecret: secrets.previousSecret,
    headers: secrets.headers,
    secretHeaders: secrets.secretHeaders,
    unreadable,
  };
}

const NONE: readonly string[] = [];
const NOTHING_OPENED: Secret = {
  secret: '',
  previousSecret: null,
  headers: {},
  secretHeaders: NONE,
};

function openedSecrets({ secret, previousSecret, headers }: StoredSecrets): Secret {
  const secretHeaders = secretTexts(headers);
  return { secret, previousSecret, headers: withSecrets(headers, (text) => text), secretHeaders };
}

function outcomeWithout(error: unknown): Outcome {
  if (!(error instanceof SecretKeyMissingError))
    return { kind: 'failed', reason: "the listener's secrets do not open with their key" };
  const reason = `the listener's secrets are sealed with "${error.keys.join()}", which the process that tried was not given`;
  return { kind: 'waiting', afterMs: UNKNOWN_KEY_MS, reason };
}
