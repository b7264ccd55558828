import { Column, DeleteDateColumn, Entity, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { ModelHook } from '../../../../lib';
import type { StoredFlow } from '../../../support/application/stored-flow';
import { startTriggersFlow } from '../../../support/application/triggers-flow';

@Entity()
@ModelHook({ provides: ['name', 'slug'] })
class Shop {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;

  @Column({ type: 'varchar', nullable: true })
  slug!: string | null;

  @DeleteDateColumn({ type: 'timestamptz' })
  deletedAt!: Date | null;
}

@Entity()
@ModelHook({ provides: ['name', 'shop.id'] as never })
@ModelHook({ name: 'kept', provides: ['name'], truncate: 'refuse' })
class Shelf {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;

  @ManyToOne(() => Shop, { onDelete: 'CASCADE', onUpdate: 'CASCADE', nullable: true })
  shop!: Shop | null;
}

@Entity()
@ModelHook({ provides: ['name'], truncate: 'ignore' })
class Crate {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;
}

const role = `writer_${process.pid}`;

let flow: StoredFlow;
beforeAll(async () => {
  flow = await startTriggersFlow({ entities: [Shop, Shelf, Crate] });
});
afterAll(() => flow.stop());
beforeEach(async () => {
  await flow.query('DELETE FROM shelf');
  await flow.query('DELETE FROM shop');
  await flow.forget();
});

async function told(hook: string): Promise<readonly (readonly unknown[])[]> {
  const events = await flow.stored(hook);
  return events.map(({ operation, data }) => [operation, ...Object.values(data)]);
}

/** Runs statements in one transaction. */
function together(...statements: readonly string[]): Promise<void> {
  return flow.dataSource.transaction(async (manager) => {
    for (const statement of statements) await manager.query(statement);
  });
}

describe('triggers, beside what the database does', () => {
  it('Cascades of foreign keys make events of the rows that they change', async () => {
    await flow.query(`INSERT INTO shop (id, name) VALUES (1, 'a')`);
    await flow.query(`INSERT INTO shelf (name, "shopId") VALUES ('x', 1), ('y', 1)`);
    await flow.query('UPDATE shop SET id = 2');
    await flow.query('DELETE FROM shop');
    expect(await told('shelf')).toEqual([
      ['insert', 'x', 1],
      ['insert', 'y', 1],
      ['update', 'x', 2],
      ['update', 'y', 2],
      ['remove', 'x', 2],
      ['remove', 'y', 2],
    ]);
  });

  it('What BEFORE triggers of the application change is in the event', async () => {
    await flow.query(`
      CREATE FUNCTION slugged() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN NEW.slug := lower(NEW.name); RETURN NEW; END $$;
      CREATE TRIGGER zzz_slugged BEFORE INSERT OR UPDATE ON shop FOR EACH ROW EXECUTE FUNCTION slugged()`);
    await flow.query(`INSERT INTO shop (name) VALUES ('Ape')`);
    await flow.query(`UPDATE shop SET name = 'Bee'`);
    await flow.query('DROP FUNCTION slugged CASCADE');
    expect(await told('shop')).toEqual([
      ['insert', 'Ape', 'ape'],
      ['update', 'Bee', 'bee'],
    ]);
  });

  it('What AFTER statement triggers of the application write is an event after that of the statement', async () => {
    await flow.query(`
      CREATE FUNCTION renamed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN UPDATE shop SET slug = 'later' WHERE slug IS NULL; RETURN NULL; END $$;
      CREATE TRIGGER aaa_renamed AFTER INSERT ON shop FOR EACH STATEMENT EXECUTE FUNCTION renamed()`);
    await flow.query(`INSERT INTO shop (name) VALUES ('Ape')`);
    await flow.query('DROP FUNCTION renamed CASCADE');
    expect(await told('shop')).toEqual([
      ['insert', 'Ape', null],
      ['update', 'Ape', 'later'],
    ]);
  });

  it('What AFTER row triggers of the application write to the same row is an event before that of the statement', async () => {
    await flow.query(`
      CREATE FUNCTION renamed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN UPDATE shop SET slug = 'later' WHERE id = NEW.id; RETURN NULL; END $$;
      CREATE TRIGGER aaa_renamed AFTER INSERT ON shop FOR EACH ROW EXECUTE FUNCTION renamed()`);
    await flow.query(`INSERT INTO shop (name) VALUES ('Ape')`);
    await flow.query('DROP FUNCTION renamed CASCADE');
    expect(await told('shop')).toEqual([
      ['update', 'Ape', 'later'],
      ['insert', 'Ape', null],
    ]);
  });

  it('COPY and statements that write to several tables make events', async () => {
    await flow.query(`COPY shop (name) FROM PROGRAM 'printf "a\\nb\\n"'`);
    await flow.query(`WITH s AS (INSERT INTO shop (name) VALUES ('c') RETURNING id)
      INSERT INTO shelf (name, "shopId") SELECT 'd', NULL FROM s`);
    expect((await told('shop')).map(([, name]) => name)).toEqual(['a', 'b', 'c']);
    expect(await told('shelf')).toEqual([['insert', 'd', null]]);
  });

  it('MERGE makes events of each kind', async () => {
    const [{ version } = { version: 0 }] = await flow.query<{ version: number }>(
      `SELECT current_setting('server_version_num')::int AS version`,
    );
    if (version < 150_000) return;
    await flow.query(`INSERT INTO shop (id, name) VALUES (101, 'a'), (102, 'b')`);
    await flow.forget();
    await flow.query(`MERGE INTO shop USING (VALUES (101, 'A'), (102, 'gone'), (103, 'c')) AS v(id, name) ON shop.id = v.id
      WHEN MATCHED AND v.name = 'gone' THEN DELETE WHEN MATCHED THEN UPDATE SET name = v.name
      WHEN NOT MATCHED THEN INSERT (id, name) VALUES (v.id, v.name)`);
    expect((await told('shop')).map(([operation, name]) => `${operation} ${name}`).sort()).toEqual([
      'insert c',
      'remove b',
      'update A',
    ]);
  });

  it('ON CONFLICT DO UPDATE makes an event of what happened to each row', async () => {
    await flow.query(`INSERT INTO shop (id, name) VALUES (201, 'a'), (202, 'same')`);
    await flow.forget();
    await flow.query(`INSERT INTO shop (id, name) VALUES (201, 'b'), (202, 'same'), (203, 'c')
      ON CONFLICT (id) DO UPDATE SET name = excluded.name`);
    expect((await told('shop')).map(([operation, name]) => [operation, name])).toEqual([
      ['update', 'b'],
      ['insert', 'c'],
    ]);
  });

  it('Delete dates that raw SQL sets make softRemove and recover events', async () => {
    await flow.query(`INSERT INTO shop (name) VALUES ('a')`);
    await flow.query('UPDATE shop SET "deletedAt" = now()');
    await flow.query(`UPDATE shop SET "deletedAt" = now(), name = 'b'`);
    await flow.query('UPDATE shop SET "deletedAt" = NULL');
    expect((await told('shop')).map(([operation, name]) => [operation, name])).toEqual([
      ['insert', 'a'],
      ['softRemove', 'a'],
      ['update', 'b'],
      ['recover', 'b'],
    ]);
  });

  it('Roles that have no right on the tables of this package can write', async () => {
    await flow.query(`CREATE ROLE ${role}; GRANT INSERT ON shop TO ${role};
      GRANT USAGE ON SEQUENCE shop_id_seq TO ${role}`);
    await together(`SET LOCAL ROLE ${role}`, `INSERT INTO shop (name) VALUES ('by role')`);
    await flow.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    expect(await told('shop')).toEqual([['insert', 'by role', null]]);
  });

  it('No role but the owner can use the functions for a table of its own', async () => {
    await flow.query(`CREATE ROLE ${role}; GRANT CREATE ON SCHEMA public TO ${role}`);
    const [{ name } = { name: '' }] = await flow.query<{ name: string }>(
      `SELECT proname AS name FROM pg_proc WHERE proname LIKE 'model_hook_shop_%_insert'`,
    );
    await expect(
      together(
        `SET LOCAL ROLE ${role}`,
        'CREATE TABLE own (id int, name varchar, slug varchar)',
        `CREATE TRIGGER t AFTER INSERT ON own REFERENCING NEW TABLE AS new_rows EXECUTE FUNCTION ${name}()`,
      ),
    ).rejects.toThrow('permission denied for function');
    await flow.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });

  it('Operators of a schema of the session are not used', async () => {
    await together(
      'CREATE SCHEMA evil',
      `CREATE FUNCTION evil.md5(text) RETURNS text LANGUAGE sql AS $$ SELECT 'x' WHERE 1/0 = 1 $$`,
      'SET LOCAL search_path = evil, pg_catalog, public',
      `INSERT INTO public.shop (name) VALUES ('safe')`,
      'DROP SCHEMA evil CASCADE',
    );
    expect(await told('shop')).toEqual([['insert', 'safe', null]]);
  });

  it('Nothing is captured with session_replication_role = replica', async () => {
    await together(
      'SET LOCAL session_replication_role = replica',
      `INSERT INTO shop (name) VALUES ('replicated')`,
    );
    expect(await told('shop')).toEqual([]);
  });
});

describe('triggers, on TRUNCATE', () => {
  it('The option refuse makes it fail with an error that names the hook', async () => {
    await expect(flow.query('TRUNCATE shelf')).rejects.toThrow(
      'typeorm-model-hooks: the hook "kept" refuses TRUNCATE',
    );
    await flow.hooks.silence(() => flow.dataSource.getRepository(Shelf).clear());
  });

  it('The option ignore makes no event', async () => {
    await flow.query(`INSERT INTO crate (name) VALUES ('a')`);
    await flow.query('TRUNCATE crate');
    expect(await told('crate')).toEqual([['insert', 'a']]);
  });
});

describe('triggers, after a change of the table', () => {
  it('A write of a table whose provided column was renamed fails with an error that names the command', async () => {
    await flow.query('ALTER TABLE crate RENAME COLUMN name TO title');
    await expect(flow.query(`INSERT INTO crate (title) VALUES ('a')`)).rejects.toThrow(
      'column typeorm-model-hooks (run: model-hooks triggers --install).name does not exist',
    );
    await flow.query('ALTER TABLE crate RENAME COLUMN title TO name');
    await flow.query(`INSERT INTO crate (name) VALUES ('b')`);
    expect(await told('crate')).toEqual([['insert', 'b']]);
  });

  it('A column that is added or dropped and not provided changes nothing', async () => {
    await flow.query('ALTER TABLE crate ADD COLUMN extra int');
    await flow.query(`INSERT INTO crate (name) VALUES ('c')`);
    await flow.query('ALTER TABLE crate DROP COLUMN extra');
    await flow.query(`UPDATE crate SET name = 'd' WHERE name = 'c'`);
    expect(await told('crate')).toEqual([
      ['insert', 'c'],
      ['update', 'd'],
    ]);
  });
});
