import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { type AttachOptions, ModelHook, type ModelHooks } from 'typeorm-model-hooks';
import { type Application, startApplication } from '../../support/application/application';

const LIMIT = 1_000;
const LARGE = 'é'.repeat(LIMIT / 2);

@Entity()
@ModelHook({ provides: ['text'], delivery: { payloadTooLarge: 'throw' } })
class Copied {
  @PrimaryGeneratedColumn() id!: number;
  @Column('varchar') text!: string;
}

@Entity()
@ModelHook({
  provides: ['text'],
  compute: { upper: ({ text }: Computed) => text.toUpperCase() },
  delivery: { payloadTooLarge: 'throw', maxPayloadBytes: 2 * LIMIT },
})
class Computed {
  @PrimaryGeneratedColumn() id!: number;
  @Column('varchar') text!: string;
}

/** As the attachment has it. */
@Entity()
@ModelHook({ provides: ['text'] })
class Free {
  @PrimaryGeneratedColumn() id!: number;
  @Column('varchar') text!: string;
}

const entities = [Copied, Computed, Free];
const logger = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
const statements: string[] = [];

let application: Application;
let hooks: ModelHooks;

async function start(attach: AttachOptions = {}): Promise<void> {
  application = await startApplication({
    entities,
    attach: { logger, work: false, delivery: { maxPayloadBytes: LIMIT }, ...attach },
    dataSource: { logging: true, logger: queryLogger() },
  });
  hooks = application.hooks;
}

afterEach(async () => {
  await application.stop();
  jest.resetAllMocks();
});

const row = <Row extends object>(entity: new () => Row, text: string): Row =>
  Object.assign(new entity(), { text });

async function stored(): Promise<{ rows: number; events: string[] }> {
  const { dataSource } = application;
  const [{ rows }] = await dataSource.query(
    'SELECT (SELECT count(*) FROM copied) + (SELECT count(*) FROM computed) + (SELECT count(*) FROM free) AS rows',
  );
  const events = await dataSource.query('SELECT event FROM model_hook_event ORDER BY event');
  return { rows: Number(rows), events: events.map(({ event }: { event: string }) => event) };
}

describe("payloadTooLarge 'throw'", () => {
  it.each([
    { entity: Copied, maxBytes: LIMIT },
    { entity: Computed, maxBytes: 2 * LIMIT },
  ])(
    'A write with a payload of $entity.name that is too large is rejected as a whole',
    async (values) => {
      await start();
      const { entity, maxBytes } = values;
      const rows = [row(entity, 'small'), row(entity, LARGE.repeat(2))];
      await expect(application.dataSource.manager.save<object>(rows)).rejects.toMatchObject({
        code: 'PAYLOAD_TOO_LARGE',
        hook: entity.name.toLowerCase(),
        maxBytes,
      });
      expect(await stored()).toEqual({ rows: 0, events: [] });
    },
  );

  it('The payload is measured in bytes, also for removed rows', async () => {
    await start();
    const { manager } = application.dataSource;
    const fitting = row(Copied, 'é'.repeat(400));
    await manager.save(fitting);
    const { id } = await hooks.silence(() => manager.save(row(Copied, LARGE)));
    await expect(manager.remove(Object.assign(row(Copied, LARGE), { id }))).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      bytes: Buffer.byteLength(JSON.stringify({ text: LARGE })),
    });
    expect(await stored()).toEqual({ rows: 2, events: ['copied.created'] });
  });

  it('Neither row nor event is kept if the error is swallowed and the transaction committed', async () => {
    await start();
    const runner = application.dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.manager.save(row(Free, 'before'));
    await expect(runner.manager.save(row(Copied, LARGE))).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
    });
    await runner.commitTransaction().catch(() => undefined);
    await runner.release();
    expect(await stored()).toEqual({ rows: 0, events: [] });
  });

  it("The setting onCaptureError 'log' drops only the event that is too large", async () => {
    await start({ onCaptureError: 'log' });
    const captured: string[] = [];
    hooks.on('captured', ({ event }) => captured.push(event));
    await application.dataSource.manager.save<object>([
      row(Copied, LARGE),
      row(Copied, 'small'),
      row(Computed, LARGE.repeat(2)),
      row(Free, LARGE),
    ]);
    expect(await stored()).toEqual({ rows: 4, events: ['copied.created', 'free.created'] });
    expect(captured.sort()).toEqual(['copied.created', 'free.created']);
    expect(logger.error).toHaveBeenCalledTimes(2);
    expect(JSON.stringify(logger.error.mock.calls)).not.toContain(LARGE);
  });

  it('A payload for send() that is too large is rejected before it is stored', async () => {
    await start({ delivery: { maxPayloadBytes: LIMIT, payloadTooLarge: 'throw' } });
    const hook = hooks.define('order.shipped', { provides: ['note'] });
    await expect(hook.send({ note: LARGE })).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      hook: 'order.shipped',
    });
    await hook.send({ note: 'small' });
    expect((await stored()).events).toEqual(['order.shipped']);
  });

  it("The setting onCaptureError 'log' drops a payload for send() that is too large", async () => {
    await start({ onCaptureError: 'log' });
    const delivery = { payloadTooLarge: 'throw' } as const;
    const hook = hooks.define('order.shipped', { provides: ['note'], delivery });
    expect(await hook.send({ note: LARGE })).toBe('');
    expect(await stored()).toEqual({ rows: 0, events: [] });
  });

  it.each(['thrw', null, 1])(
    'The value %p of payloadTooLarge is refused',
    async (payloadTooLarge) => {
      await start();
      const delivery = { payloadTooLarge: payloadTooLarge as 'throw' };
      expect(() => hooks.define('x', { provides: [], delivery })).toThrow(
        'delivery.payloadTooLarge',
      );
      const attaching = startApplication({
        entities: [],
        attach: { delivery },
        url: application.url,
      });
      await expect(attaching).rejects.toMatchObject({ code: 'OPTION_INVALID' });
    },
  );
});

function queryLogger() {
  const logQuery = (sql: string) => statements.push(sql);
  const ignore = () => undefined;
  return {
    logQuery,
    logQueryError: ignore,
    logQuerySlow: ignore,
    logSchemaBuild: ignore,
    logMigration: ignore,
    log: ignore,
  };
}
