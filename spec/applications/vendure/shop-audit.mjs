// @ts-nocheck Its rows have no type.
/** Records each changed row of the tables of these entities. */
export async function installAudit(dataSource, entities) {
  await dataSource.query(`CREATE SCHEMA audit;
    CREATE TABLE audit.change (id bigint GENERATED ALWAYS AS IDENTITY, tbl text, op text, old jsonb, new jsonb, txid bigint, sql text);
    CREATE FUNCTION audit.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
      INSERT INTO audit.change (tbl, op, old, new, txid, sql) VALUES (TG_TABLE_NAME, TG_OP, CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END,
        CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END, txid_current(), left(current_query(), 300));
      RETURN NULL; END $$;`);
  for (const entity of entities) {
    const { tableName } = dataSource.getMetadata(entity);
    await dataSource.query(
      `CREATE TRIGGER zz_audit AFTER INSERT OR UPDATE OR DELETE ON "${tableName}" FOR EACH ROW EXECUTE FUNCTION audit.note()`,
    );
  }
}

/** Compares, row by row, the operations that were audited since a mark with those that were told. */
export async function compare(dataSource, { entities, since, capture }) {
  const changes = await dataSource.query('SELECT * FROM audit.change WHERE id > $1 ORDER BY id', [
    since.change,
  ]);
  const events = await dataSource.query(
    'SELECT * FROM model_hook_event WHERE sequence > $1 ORDER BY sequence',
    [since.event],
  );
  const byRow = new Map();
  const at = (key) => byRow.get(key) ?? byRow.set(key, { wanted: [], told: [] }).get(key);
  const hookOf = new Map(
    entities.map((entity) => [dataSource.getMetadata(entity).tableName, lowerFirst(entity.name)]),
  );
  const deleteDates = new Map(
    entities
      .map((entity) => dataSource.getMetadata(entity))
      .map(({ tableName, deleteDateColumn }) => [tableName, deleteDateColumn?.databaseName]),
  );
  const result = {
    changes: changes.length,
    events: events.length,
    unchanged: 0,
    cascaded: 0,
    exact: 0,
    merged: 0,
    wrong: [],
  };
  for (const { tbl, op, old, new: now, sql } of changes) {
    const operation = operationOf(op, old, now, deleteDates.get(tbl));
    if (operation === null) result.unchanged += 1;
    else if (capture === 'subscribers' && isCascaded(tbl, op, sql)) result.cascaded += 1;
    else at(`${hookOf.get(tbl)} ${(now ?? old).id}`).wanted.push({ operation, sql });
  }
  for (const { hook, operation, data } of events) at(`${hook} ${data.id}`).told.push({ operation });
  for (const [row, { wanted, told }] of byRow) {
    const [w, t] = [wanted, told].map((list) => list.map(({ operation }) => operation));
    if (w.join() === t.join()) result.exact += w.length;
    else if (merged(w).join() === merged(t).join()) result.merged += w.length;
    else
      result.wrong.push({
        row,
        wanted: w.join(),
        told: t.join(),
        sql: wanted.map(({ sql }) => sql.slice(0, 160)),
      });
  }
  return result;
}

/** Subscribers do not see what the database cascades: its statement does not name the table. */
function isCascaded(table, operation, statement) {
  return operation !== 'INSERT' && !statement.includes(`"${table}"`);
}

const lowerFirst = (name) => name[0].toLowerCase() + name.slice(1);

function operationOf(op, old, now, deleteDate) {
  if (op === 'INSERT') return 'insert';
  if (op === 'DELETE') return 'remove';
  const [was, is] = [old, now].map((row) => row[deleteDate] ?? null);
  if (was === null && is !== null) return 'softRemove';
  if (was !== null && is === null) return 'recover';
  return JSON.stringify(old) === JSON.stringify(now) ? null : 'update';
}

/** An insert takes the updates that follow it, and updates in a row are one. */
function merged(operations) {
  return operations.filter(
    (operation, n) => operation !== 'update' || !['insert', 'update'].includes(operations[n - 1]),
  );
}

/** Where audit and events end now. */
export async function mark(dataSource) {
  const [change] = await dataSource.query('SELECT coalesce(max(id), 0) AS id FROM audit.change');
  const [event] = await dataSource.query(
    'SELECT coalesce(max(sequence), 0) AS id FROM model_hook_event',
  );
  return { change: change.id, event: event.id };
}
