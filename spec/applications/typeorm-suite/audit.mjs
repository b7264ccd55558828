// @ts-nocheck It runs in a temporary folder; see main.mjs.
import { createRequire } from 'node:module';
import { compare } from './compare.mjs';

const require = createRequire(`${process.cwd()}/package.json`);

/** Our tables stand here, so that TypeORM does not drop them: each test drops all tables of the schema `public`. */
const SCHEMA = 'model_hooks';

const byDatabase = new Map();

/** Those of all databases. */
export function observers() {
  return [...byDatabase.values()].filter((observer) => observer !== undefined);
}

/** The observer of the database of this DataSource; undefined if there is none. Our tables and the audit exist then. */
export async function observerOf(dataSource) {
  const { options } = dataSource;
  if (options.type !== 'postgres') return undefined;
  const { url, host, port, username, password, database } = options.replication?.master ?? options;
  const { Client } = require('pg');
  const client = url
    ? new Client({ connectionString: url })
    : new Client({ host, port, user: username, password, database });
  const key = client.database;
  if (!byDatabase.has(key)) {
    byDatabase.set(key, undefined);
    try {
      await client.connect();
      byDatabase.set(key, new Observer(client));
    } catch {
      byDatabase.delete(key);
    }
  }
  const observer = byDatabase.get(key);
  await observer?.prepare(dataSource);
  return observer;
}

/** Sees each changed row of a database, and its events, through a connection of its own. */
class Observer {
  /** What hooks provide, by DataSource. */
  #hooks = new Map();
  #eventTables = new Set();
  #queue = Promise.resolve();

  constructor(client) {
    this.client = client;
  }

  /** Makes our tables and the audit, if they do not exist. */
  async prepare({ options }) {
    await this.#alone(async () => {
      if (!(await this.#exists('audit.change'))) await this.client.query(AUDIT + AUDIT_TRIGGERS);
      await this.#createOurTables(options);
    });
  }

  /** Notes what a hook provides. */
  watch(dataSource, hook, metadata) {
    const { deleteDateColumn, primaryColumns, columns, tableName, schema = 'public' } = metadata;
    const stored = columns.filter(({ isVirtualProperty }) => !isVirtualProperty);
    const own = this.#hooks.get(dataSource) ?? new Map();
    this.#hooks.set(dataSource, own);
    own.set(hook, {
      table: `${schema}.${tableName}`,
      columns: stored.map(({ databaseName }) => databaseName),
      primary: primaryColumns.map(({ databaseName }) => databaseName),
      deleteDate: deleteDateColumn?.databaseName,
      hasDiscriminator: metadata.discriminatorColumn !== undefined,
    });
  }

  /** A later test can have another table of the same name. */
  forget(dataSource) {
    this.#hooks.delete(dataSource);
  }

  /** What differs since the last call. Undefined if nothing was written. */
  async compare(capture) {
    return this.#alone(async () => {
      // Another DataSource may drop the tables of events meanwhile.
      const { changes, events } = await this.#written().catch(() => this.#written());
      if (changes.length + events.length === 0) return undefined;
      return compare({ changes, events, hooks: [...this.#hooks.values()].reverse(), capture });
    });
  }

  async #written() {
    await this.client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    try {
      const changes = await this.#taken('audit.change', 'id', TEXTS);
      const events = [];
      for (const table of this.#eventTables)
        events.push(...(await this.#taken(table, 'sequence', '*')));
      await this.client.query('COMMIT');
      return { changes, events };
    } catch (error) {
      await this.client.query('ROLLBACK');
      throw error;
    }
  }

  async #taken(table, order, columns) {
    if (!(await this.#exists(table))) return [];
    const { rows } = await this.client.query(
      `WITH taken AS (DELETE FROM ${table} RETURNING *) SELECT ${columns} FROM taken ORDER BY ${order}`,
    );
    return rows;
  }

  async #exists(table) {
    const { rows } = await this.client.query('SELECT to_regclass($1) IS NOT NULL AS found', [
      table,
    ]);
    return rows[0].found;
  }

  async #createOurTables({ schema = SCHEMA, entityPrefix = '' }) {
    const table = `"${schema}"."${entityPrefix}model_hook_event"`;
    this.#eventTables.add(table);
    if (await this.#exists(table)) return;
    await this.client.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`);
    const { modelHookMigrations } = require('typeorm-model-hooks');
    const connection = {
      options: { schema, entityPrefix },
      driver: { escape: (name) => `"${name}"` },
    };
    const runner = { connection, query: (statement) => this.client.query(statement) };
    for (const Migration of modelHookMigrations) await new Migration().up(runner);
  }

  /** A connection has one transaction at a time. */
  #alone(work) {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => undefined);
    return done;
  }
}

/** Values as PostgreSQL writes them: JavaScript would round some, and write others in another way. */
const TEXTS = `tbl, op, cascades, sql, (SELECT jsonb_object_agg(key, value) FROM jsonb_each_text(old)) AS old,
  (SELECT jsonb_object_agg(key, value) FROM jsonb_each_text(new)) AS new`;

const AUDIT = `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = "$user", public, ${SCHEMA}', current_database()); END $$;
CREATE SCHEMA IF NOT EXISTS audit;
CREATE TABLE IF NOT EXISTS audit.change (id bigint GENERATED ALWAYS AS IDENTITY, tbl text, op text, old jsonb, new jsonb, cascades boolean, sql text);
CREATE OR REPLACE FUNCTION audit.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
  INSERT INTO audit.change (tbl, op, cascades, old, new, sql) VALUES (TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME, TG_OP,
    EXISTS (SELECT FROM pg_constraint WHERE conrelid = TG_RELID AND confrelid = TG_RELID AND confdeltype NOT IN ('a', 'r', ' ')),
    CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END,
    left(trim(E' \\n' FROM current_query()), 2000));
  RETURN NULL; END $$;`;

/** An audit trigger on each table, as soon as it is created. */
const AUDIT_TRIGGERS = `CREATE FUNCTION audit.watch() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ DECLARE made record; BEGIN
  FOR made IN SELECT DISTINCT c.oid::regclass AS name FROM pg_event_trigger_ddl_commands() d JOIN pg_class c ON c.oid = d.objid
    WHERE d.classid = 'pg_class'::regclass AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND c.relpersistence = 'p' AND c.relname NOT LIKE '%model_hook%'
  LOOP
    EXECUTE 'CREATE TRIGGER zz_audit AFTER INSERT OR UPDATE OR DELETE ON ' || made.name || ' FOR EACH ROW EXECUTE FUNCTION audit.note()';
  END LOOP; END $$;
CREATE EVENT TRIGGER audit_watch ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO')
  EXECUTE FUNCTION audit.watch();`;
