import {
  Column,
  DataSource,
  Entity,
  JoinColumn,
  ManyToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
} from 'typeorm';
import {
  type Diagnosis,
  generateSigningKey,
  ModelHook,
  ModelHooks,
  modelHookEntities,
  modelHookMigrations,
} from '../../../lib';
import { FINDING_CODES } from '../../../lib/doctor/finding-codes';
import { newDataSource, SPEC_KEYS } from '../../support/application/application';
import { createDatabase } from '../../support/application/database';
import { Flow } from '../../support/application/flow';
import { setClockAhead } from '../../support/processes/set-clock';

@Entity()
class Ward {
  @PrimaryColumn({ type: 'int' })
  id!: number;

  @Column({ type: 'varchar', default: '' })
  name!: string;
}

@Entity()
@ModelHook({ provides: ['name', 'age', 'ward.name'] })
class Patient {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar', default: '' })
  name!: string;

  @Column({ type: 'int', default: 0 })
  age!: number;

  @ManyToOne(() => Ward, { onDelete: 'CASCADE', nullable: true })
  @JoinColumn()
  ward!: Ward | null;
}

@Entity()
@ModelHook({ provides: ['name'], capture: 'triggers' })
class Nurse {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar', default: '' })
  name!: string;
}

@Entity()
@ModelHook({ provides: ['name'], criteria: 'warn' })
class Visitor {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar', default: '' })
  name!: string;
}

const entities = [Ward, Patient, Nurse, Visitor];
const role = `doctor_${process.pid}`;
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

let flow: Flow;

beforeAll(async () => {
  const attach = { work: false, installTriggers: true, logger: silent } as const;
  flow = await Flow.start({ entities, attach });
  flow.hooks.define('alarm', { provides: ['room'] });
  await flow.query(`
    CREATE ROLE ${role};
    GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role};
    GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ${role}`);
});
afterAll(async () => {
  await flow.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  await flow.stop();
});

/** The findings that are no infos, as `CODE hook`. */
function trouble({ findings }: Diagnosis): readonly string[] {
  const wrong = findings.filter(({ level }) => level !== 'info');
  return wrong.map(({ code, hook }) => (hook === null ? code : `${code} ${hook}`));
}

/** What the doctor finds between two statements. */
async function between(broken: string, mended: string, doctor = () => flow.hooks.doctor()) {
  await flow.query(broken);
  return doctor().finally(() => flow.query(mended));
}

/** What a process finds that connects as a role with few rights. */
async function asRole(): Promise<Diagnosis> {
  const dataSource = newDataSource(flow.url, {
    entities,
    dataSource: { extra: { options: `-c role=${role}` } },
  });
  await dataSource.initialize();
  const options = { encryptionKeys: SPEC_KEYS };
  return ModelHooks.doctor(dataSource, options, register).finally(() => dataSource.destroy());
}

function register(hooks: ModelHooks): void {
  hooks.define('alarm', { provides: ['room'] });
}

describe('hooks.doctor()', () => {
  it('The doctor finds nothing wrong where nothing is wrong', async () => {
    const found = await flow.hooks.doctor();
    expect(trouble(found)).toEqual([]);
    expect(found.ok).toBe(true);
  });

  it('The doctor says by which capture each hook gets its events, and what that does not see', async () => {
    const { findings } = await flow.hooks.doctor();
    const captured = findings.filter(({ code }) => code.startsWith('CAPTURE_'));
    expect(captured.map(({ hook, code, level }) => [hook, code, level])).toEqual([
      ['patient', 'CAPTURE_SUBSCRIBERS', 'info'],
      ['nurse', 'CAPTURE_TRIGGERS', 'info'],
      ['visitor', 'CAPTURE_SUBSCRIBERS', 'info'],
      ['alarm', 'CAPTURE_SEND', 'info'],
    ]);
    expect(captured[0]?.message).toContain('raw SQL');
    expect(captured[2]?.message).toContain('by criteria make no event');
    const cascades = findings.filter(({ code }) => code === 'CASCADES_UNSEEN');
    expect(cascades.map(({ hook }) => hook)).toEqual(['patient']);
  });

  it.each([
    [
      'INDEXES_MISSING',
      false,
      'ALTER INDEX model_hook_turn_ready RENAME TO away',
      'ALTER INDEX away RENAME TO model_hook_turn_ready',
    ],
    [
      'COLUMNS_MISSING',
      false,
      'ALTER TABLE model_hook_event RENAME source TO away',
      'ALTER TABLE model_hook_event RENAME away TO source',
    ],
    [
      'TABLES_MISSING',
      false,
      'ALTER TABLE model_hook_head RENAME TO away',
      'ALTER TABLE away RENAME TO model_hook_head',
    ],
    [
      'HOOK_COLUMN_MISSING patient',
      false,
      'ALTER TABLE patient RENAME age TO away',
      'ALTER TABLE patient RENAME away TO age',
    ],
    [
      'HOOK_COLUMN_MISSING patient',
      false,
      'ALTER TABLE ward RENAME name TO away',
      'ALTER TABLE ward RENAME away TO name',
    ],
    [
      'HOOK_TABLE_MISSING visitor',
      false,
      'ALTER TABLE visitor RENAME TO away',
      'ALTER TABLE away RENAME TO visitor',
    ],
    [
      'TRIGGERS_OUTDATED nurse',
      false,
      'ALTER TABLE nurse DISABLE TRIGGER USER',
      'ALTER TABLE nurse ENABLE TRIGGER USER',
    ],
    [
      'RULES visitor',
      true,
      'CREATE RULE quiet AS ON DELETE TO visitor DO INSTEAD NOTHING',
      'DROP RULE quiet ON visitor',
    ],
  ])('%s is found, and ok is %j', async (expected, ok, broken, mended) => {
    const found = await between(broken, mended);
    expect(trouble(found)).toEqual([expected]);
    expect(found.ok).toBe(ok);
  });

  it('Missing triggers are found', async () => {
    await flow.hooks.triggers.remove();
    const found = await flow.hooks.doctor().finally(() => flow.hooks.triggers.install());
    expect(trouble(found)).toEqual(['TRIGGERS_MISSING nurse']);
    expect(found.findings[0]?.message).toContain('model-hooks triggers --install');
  });

  it.each([
    [
      'RIGHTS_MISSING',
      `REVOKE INSERT ON model_hook_delivery FROM ${role}`,
      `GRANT INSERT ON model_hook_delivery TO ${role}`,
    ],
    [
      'RIGHTS_MISSING',
      `REVOKE USAGE ON SEQUENCE model_hook_event_sequence FROM ${role}`,
      `GRANT USAGE ON SEQUENCE model_hook_event_sequence TO ${role}`,
    ],
    [
      'HOOK_COLUMN_UNREADABLE patient',
      `REVOKE SELECT ON ward FROM ${role}`,
      `GRANT SELECT ON ward TO ${role}`,
    ],
    [
      'ROW_SECURITY visitor',
      'ALTER TABLE visitor ENABLE ROW LEVEL SECURITY',
      'ALTER TABLE visitor DISABLE ROW LEVEL SECURITY',
    ],
    [
      'CHECK_FAILED',
      `REVOKE ALL ON SCHEMA public FROM ${role}, PUBLIC`,
      'GRANT ALL ON SCHEMA public TO PUBLIC',
    ],
  ])('%s is found for the role of the process', async (expected, broken, mended) => {
    const found = await between(broken, mended, asRole);
    expect(trouble(found)).toContain(expected);
  });

  it('Each kind of write that made no event is found', async () => {
    const visitors = flow.dataSource.getRepository(Visitor);
    await visitors.insert({ name: 'a' });
    await visitors.update({ name: 'a' }, { name: 'b' });
    await visitors.clear();
    const found = await flow.hooks.doctor();
    const messages = found.findings.map(({ message }) => message);
    expect(trouble(found)).toEqual([
      'CRITERIA_UNSEEN visitor',
      'CRITERIA_UNSEEN visitor',
      'CLEAR_UNSEEN visitor',
    ]);
    expect(messages[0]).toContain('"insert" of Visitor');
    expect(messages[1]).toContain('"update" of Visitor');
    expect(found.ok).toBe(true);
  });
});

describe('ModelHooks.doctor()', () => {
  const url = 'http://localhost:9/hook';
  const diagnosed = () =>
    ModelHooks.doctor(flow.dataSource, { encryptionKeys: SPEC_KEYS }, register);

  afterEach(() => flow.clear());

  it('Listeners that can never match are found', async () => {
    const beside = await flow.beside({ work: false, logger: silent });
    const gone = beside.hooks.define('gone', { provides: ['room'] });
    await gone.listener(url).save();
    await beside.hooks.listen('gone.*', url).save();
    await beside.hooks.listen('*.updated', url).save();
    const { id } = await flow.hooks.for(Patient).listener(url).match({ age: 1 }).save();
    await flow.query(`UPDATE model_hook_plan SET field = 'size' WHERE field = 'age'`);
    await flow.query(`UPDATE model_hook_filter SET field = 'size' WHERE listener_id = $1`, [id]);
    expect(trouble(await diagnosed())).toEqual([
      'LISTENER_HOOK_ABSENT gone',
      'LISTENER_FIELD_ABSENT patient',
      'LISTENER_PATTERN_ABSENT',
    ]);
  });

  it('Listeners that select a field are found that the hook does not provide', async () => {
    const { id } = await flow.hooks
      .for(Patient)
      .listener({ url, select: ['age'] })
      .save();
    expect(trouble(await diagnosed())).toEqual([]);
    await flow.query(`UPDATE model_hook_listener SET selected = '{age,size}' WHERE id = $1`, [id]);
    const found = await diagnosed();
    expect(trouble(found)).toEqual(['LISTENER_SELECT_ABSENT patient']);
    expect(found.findings[0]?.message).toContain('1 listeners select "size"');
  });

  it('Listeners that want signatures by key pairs are found where no keys are given', async () => {
    const { id } = await flow.hooks.for(Patient).listener(url).save();
    await flow.query(`UPDATE model_hook_listener SET signature = 'v1a' WHERE id = $1`, [id]);
    expect(trouble(await diagnosed())).toEqual(['SIGNING_KEYS_ABSENT']);
    const signingKeys = { k1: generateSigningKey().secretKey };
    const options = { encryptionKeys: SPEC_KEYS, signingKeys };
    expect(trouble(await ModelHooks.doctor(flow.dataSource, options, register))).toEqual([]);
    const warnings: string[] = [];
    const logger = { ...silent, warn: (text: string) => void warnings.push(text) };
    await flow.beside({ work: false, logger });
    expect(warnings.filter((one) => one.includes('signingKeys'))).toEqual([]);
    await flow.beside({ logger });
    expect(warnings).toContainEqual(expect.stringContaining('`signingKeys`'));
  });

  it('Listeners whose handler this process does not know are found', async () => {
    const known = flow.hooks.handler('known', () => ({ status: 'success' }));
    await flow.hooks.for(Patient).listener(known).save();
    await flow.hooks.for(Patient).listener('handler:unknown').save();
    const { findings } = await flow.hooks.doctor();
    const absent = findings.filter(({ code }) => code === 'HANDLER_ABSENT');
    expect(absent).toMatchObject([{ message: expect.stringContaining('"handler:unknown"') }]);
  });

  it('Old events of a hook that no process attaches are found, new ones are not', async () => {
    const beside = await flow.beside({ work: false });
    const lost = beside.hooks.define('lost', { provides: ['room'] });
    await lost.send({ room: 1 });
    expect(trouble(await diagnosed())).toEqual([]);
    await flow.query(`UPDATE model_hook_event SET occurred_at = now() - interval '1 hour'`);
    const found = await diagnosed();
    await flow.query('DELETE FROM model_hook_event');
    expect(trouble(found)).toEqual(['EVENTS_FOREIGN lost']);
    expect(found.findings[0]?.message).toContain('60 minutes');
  });

  it('A clock that differs from that of the database is found', async () => {
    const { Date: machineDate } = globalThis;
    setClockAhead(60_000);
    const found = await diagnosed().finally(() => {
      globalThis.Date = machineDate;
    });
    expect(trouble(found)).toEqual(['CLOCK_DIFFERENCE']);
    expect(found.findings[0]?.message).toContain('60 s');
  });

  it('Secrets that cannot be decrypted, and keys that are not given, are found', async () => {
    await flow.hooks.for(Patient).listener(url).save();
    const found = await ModelHooks.doctor(flow.dataSource, {}, register);
    expect(trouble(found)).toEqual(['SECRETS_UNREADABLE', 'SECRETS_PLAIN']);
    expect(JSON.stringify(found)).not.toContain(SPEC_KEYS.spec);
  });

  it('Missing tables of the package are a finding, and the doctor changes nothing', async () => {
    const database = await createDatabase();
    const dataSource = new DataSource({
      type: 'postgres',
      url: database.url,
      entities: [...entities, ...modelHookEntities],
      migrations: [...modelHookMigrations],
    });
    await dataSource.initialize();
    const found = await ModelHooks.doctor(dataSource);
    const tables = await dataSource.query(
      `SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace`,
    );
    await dataSource.destroy();
    await database.drop();
    expect(tables).toEqual([]);
    expect(found.ok).toBe(false);
    expect(trouble(found)).toEqual([
      'TABLES_MISSING',
      'TRIGGERS_MISSING nurse',
      'HOOK_TABLE_MISSING patient',
      'HOOK_TABLE_MISSING nurse',
      'HOOK_TABLE_MISSING visitor',
    ]);
  });

  it('A DataSource that is destroyed rejects with DATASOURCE_NOT_INITIALISED', async () => {
    const beside = await flow.beside({ work: false });
    await beside.dataSource.destroy();
    await expect(beside.hooks.doctor()).rejects.toMatchObject({
      code: 'DATASOURCE_NOT_INITIALISED',
    });
  });
});

describe('the codes of findings', () => {
  it('Each code has a level and a meaning', () => {
    for (const [level, meaning] of Object.values(FINDING_CODES)) {
      expect(['error', 'warning', 'info']).toContain(level);
      expect(meaning).toMatch(/\.$/);
    }
  });
});
