import type { JsonValue } from '../base/json';
import type { BatchOptions } from '../options/batch';
import type { BodyFormat } from '../options/body-format';
import type { ListenerDeliveryOptions } from '../options/delivery';
import { HANDLER_SCHEME } from '../options/handler-ref';
import type { HeaderValues } from '../options/header-value';
import type { ContentType, Digest, SignatureKind } from '../options/listener';
import type { Query } from './database';
import { LaterRows } from './later-rows';
import { previousSecretSql } from './listener-sql';
import type { Tables } from './tables';

/** The columns of a listener that its deliveries need. Its match conditions are not among them: planning has judged those. */
export interface RecipientRow {
  readonly id: string;
  readonly target: string;
  readonly contentType: ContentType;
  readonly format: BodyFormat | null;
  readonly digest: Digest;
  readonly signature: SignatureKind;
  readonly replies: boolean;
  readonly delivery: ListenerDeliveryOptions;
  /** Null: one request for each event. */
  readonly batch: BatchOptions | null;
  /** Null: all fields. */
  readonly select: readonly string[] | null;
  readonly active: boolean;
  readonly inactiveReason: string | null;
  /** Times in milliseconds since the epoch. */
  readonly pausedUntilMs: number | null;
  readonly failingSinceMs: number | null;
  /** When the row was read. */
  readonly readMs: number;
  /** Secrets are sealed for this text. Empty if none is sealed: reading it for each listener would cost more. */
  readonly identity: string;
  readonly secret: string;
  /** Null unless both secrets are valid at the moment. */
  readonly previous_secret: string | null;
  readonly headers: HeaderValues;
  /** Null unless the target is a handler, which gets it. */
  readonly config: { readonly [key: string]: JsonValue } | null;
}

/** Statements that read listeners as recipients of deliveries. */
export class RecipientRows {
  constructor(
    protected readonly query: Query,
    protected readonly tables: Tables,
  ) {}

  /** The stored ones among these listeners, in no order. */
  read(ids: ReadonlySet<string>): Promise<readonly RecipientRow[]> {
    return this.query<RecipientRow>(this.#sql, parametersOf(ids), 'frequent');
  }

  /** The same, with the next statement of the transaction. */
  readLater(ids: ReadonlySet<string>): LaterRows<RecipientRow> {
    const later = new LaterRows<RecipientRow>();
    void this.query(this.#sql, parametersOf(ids), later);
    return later;
  }

  /** The origins of the targets of these listeners, by listener. */
  async origins(ids: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
    const rows = await this.query<{ id: string; origin: string }>(
      `SELECT id, coalesce(substring(target FROM '^[^:]+://[^/?#]+'), target) AS origin
       FROM ${this.tables.listener} WHERE id = ANY($1::uuid[])`,
      parametersOf(ids),
      'frequent',
    );
    return new Map(rows.map(({ id, origin }) => [id, origin]));
  }

  get #sql(): string {
    return `SELECT id, target, content_type AS "contentType", format, digest, signature, replies, delivery, batch,
         selected AS "select", active,
         inactive_reason AS "inactiveReason", ${millisecondsSql('paused_until')} AS "pausedUntilMs",
         ${millisecondsSql('failing_since')} AS "failingSinceMs", ${millisecondsSql('clock_timestamp()')} AS "readMs",
         CASE WHEN key_ids = '{}' THEN '' ELSE identity END AS identity, secret, ${previousSecretSql('l')} AS previous_secret, headers,
         CASE WHEN target LIKE '${HANDLER_SCHEME}%' THEN config END AS config
       FROM ${this.tables.listener} l WHERE id = ANY($1::uuid[])`;
  }
}

/** An array literal: the driver would quote and escape each of hundreds of ids. */
function parametersOf(ids: ReadonlySet<string>): readonly [string] {
  return [`{${[...ids].join()}}`];
}

/** A number, because what the driver makes of a time depends on the application's settings. */
function millisecondsSql(time: string): string {
  return `(extract(epoch FROM ${time}) * 1000)::float8`;
}
