import type { DataSource } from 'typeorm';

/** A row as `to_jsonb` gives it, by column name. */
export type AuditedRow = Readonly<Record<string, unknown>>;

/** One row that changed, as a row-level AFTER trigger saw it. */
export interface AuditedChange {
  /** `schema.table`, not quoted. */
  readonly table: string;
  readonly operation: 'INSERT' | 'UPDATE' | 'DELETE';
  readonly old: AuditedRow | null;
  readonly new: AuditedRow | null;
  /** The transaction. */
  readonly txid: string;
  /** When the client sent the statement: the same for each row that it changed. */
  readonly statement: string;
  /** Whether SQL wrote it that TypeORM did not make: a statement of `raw`, a trigger or a cascade of the database. */
  readonly isRaw: boolean;
}

/** Records each changed row of each table of the entities, junction tables included. Run it after `synchronize`. */
export async function installAudit(dataSource: DataSource): Promise<void> {
  await dataSource.query(SETUP);
  const tables = dataSource.entityMetadatas
    .filter(({ tablePath, synchronize }) => synchronize && !/model_hook/.test(tablePath))
    .map(({ tablePath }) => quotedPath(tablePath));
  for (const table of new Set(tables))
    await dataSource.query(
      `CREATE TRIGGER zz_audit AFTER INSERT OR UPDATE OR DELETE ON ${table} FOR EACH ROW EXECUTE FUNCTION audit.note_change()`,
    );
}

/** What changed, in the order of the changes. */
export function auditedChanges(dataSource: DataSource): Promise<readonly AuditedChange[]> {
  return dataSource.query(
    `SELECT "table", operation, old, new, txid::text, statement::text, is_raw AS "isRaw" FROM audit.change ORDER BY id`,
  );
}

/** Runs SQL that is no write of TypeORM. It sees the transaction of a query runner if it is run on one. */
export function rawSql(statement: string): string {
  return `BEGIN; SET LOCAL audit.raw = 'on'; ${statement}; COMMIT`;
}

function quotedPath(path: string): string {
  return path
    .split('.')
    .map((part) => `"${part}"`)
    .join('.');
}

// A cascade updates or deletes. Writes of the user's triggers are deeper than 1. Cascades are not, but the statement of the client does not name their table.
const SETUP = `
  CREATE SCHEMA audit;
  CREATE TABLE audit.change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "table" text, operation text, old jsonb, new jsonb,
    txid bigint, statement timestamptz, is_raw boolean
  );
  CREATE FUNCTION audit.note_change() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO audit.change ("table", operation, old, new, txid, statement, is_raw) VALUES (
      TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME, TG_OP,
      CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END,
      txid_current(), statement_timestamp(),
      pg_trigger_depth() > 1 OR coalesce(current_setting('audit.raw', true), '') = 'on'
        OR TG_OP <> 'INSERT' AND current_query() !~*
          ('(update|insert into|delete from) (only )?("[^"]+"[.])?"?' || TG_TABLE_NAME || '"?([ (]|$)')
    );
    RETURN NULL;
  END $$;`;
