import { Column, Entity, type EntitySubscriberInterface, PrimaryGeneratedColumn } from 'typeorm';
import { ModelHook } from '../../../lib';
import { ReceivingFlow } from '../../support/application/receiving-flow';
import { Note, note } from '../../support/entities/note';

/** Its hook cannot make an event of a row whose title is "broken". */
@Entity()
@ModelHook({ provides: ['title'], compute: { length: (row: Fragile) => lengthOf(row.title) } })
class Fragile {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  title!: string;
}

function lengthOf(title: string): number {
  if (title === 'broken') throw new RangeError('no length');
  return title.length;
}

const fragile = (title: string): Fragile => Object.assign(new Fragile(), { title });

let flow: ReceivingFlow;
const logger = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };

/** One application for each `describe`. */
function inApplication(onCaptureError: 'throw' | 'log'): void {
  beforeAll(async () => {
    flow = await ReceivingFlow.start({
      entities: [Note, Fragile],
      attach: { onCaptureError, logger },
    });
  });
  afterAll(() => flow.stop());
  beforeEach(async () => {
    await flow.dataSource.query('TRUNCATE note, fragile');
    await flow.forget();
  });
}

const titles = async () => (await flow.received()).map(({ data }) => data.title);
const rows = async (table: 'note' | 'fragile') => {
  const found: readonly { title: string }[] = await flow.dataSource.query(
    `SELECT title FROM ${table} ORDER BY id`,
  );
  return found.map(({ title }) => title);
};

describe("onCaptureError 'throw'", () => {
  inApplication('throw');

  it('A failed capture rejects the write, names the hook and writes nothing', async () => {
    const saving = flow.dataSource.manager.save([fragile('whole'), fragile('broken')]);
    await expect(saving).rejects.toMatchObject({
      code: 'HOOK_CAPTURE_FAILED',
      message: expect.stringContaining('"fragile"'),
      cause: expect.any(RangeError),
    });
    expect(await rows('fragile')).toEqual([]);
    expect(await titles()).toEqual([]);
  });

  it('Neither row nor event is kept if the error is swallowed and the transaction committed', async () => {
    const runner = flow.dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.manager.save(note('before'));
    await expect(runner.manager.save(fragile('broken'))).rejects.toMatchObject({
      code: 'HOOK_CAPTURE_FAILED',
    });
    await runner.commitTransaction();
    await runner.release();
    expect(await rows('note')).toEqual([]);
    expect(await rows('fragile')).toEqual([]);
    expect(await titles()).toEqual([]);
    expect(await flow.stored()).toEqual([]);
  });

  it('A transaction continues after a savepoint around the failed write', async () => {
    await flow.dataSource.transaction(async (manager) => {
      await manager.save(note('before'));
      const inner = manager.transaction((savepoint) => savepoint.save(fragile('broken')));
      await expect(inner).rejects.toMatchObject({ code: 'HOOK_CAPTURE_FAILED' });
      await manager.save(note('after'));
    });
    expect(await rows('note')).toEqual(['before', 'after']);
    expect(await rows('fragile')).toEqual([]);
    expect(await titles()).toEqual(['before', 'after']);
  });

  it('Row and event are both kept if the error of another subscriber is swallowed and committed', async () => {
    const { subscribers } = flow.dataSource;
    const statements: string[] = [];
    const refusing: EntitySubscriberInterface = {
      afterInsert: () => Promise.reject(new RangeError('no')),
      beforeQuery: ({ query }) => {
        statements.push(query);
      },
    };
    subscribers.push(refusing);
    const runner = flow.dataSource.createQueryRunner();
    await runner.startTransaction();
    await expect(runner.manager.save(fragile('kept'))).rejects.toThrow(RangeError);
    await runner.commitTransaction();
    // Nothing was written on its own after the commit.
    expect(statements.at(-1)).toBe('COMMIT');
    subscribers.splice(subscribers.indexOf(refusing), 1);
    await runner.release();
    expect(await rows('fragile')).toEqual(['kept']);
    expect(await titles()).toEqual(['kept']);
  });
});

describe("onCaptureError 'log'", () => {
  inApplication('log');

  it('The write is kept, and the event that failed is dropped and logged', async () => {
    await flow.dataSource.manager.save([fragile('one'), fragile('broken'), fragile('three')]);
    expect(await rows('fragile')).toEqual(['one', 'broken', 'three']);
    expect(await titles()).toEqual(['one', 'three']);
    expect(logger.error).toHaveBeenCalledTimes(1);
    expect(logger.error).toHaveBeenCalledWith(expect.stringContaining('dropped'), {
      error: expect.objectContaining({ code: 'HOOK_CAPTURE_FAILED', hook: 'fragile' }),
    });
  });
});

describe('NoTransactionError', () => {
  const alone = { transaction: false } as const;
  const refused = { code: 'HOOK_NO_TRANSACTION', message: expect.stringContaining('Note') };
  inApplication('throw');

  it('save() of new and known rows is refused without a transaction', async () => {
    const { manager } = flow.dataSource;
    const saved = await manager.save(note('first'));
    await flow.forget();
    await expect(manager.save(note('second'), alone)).rejects.toMatchObject(refused);
    saved.title = 'changed';
    await expect(manager.save(saved, alone)).rejects.toMatchObject(refused);
    expect(await rows('note')).toEqual(['first']);
    expect(await titles()).toEqual([]);
  });

  it('remove(), softRemove() and recover() are refused without a transaction', async () => {
    const { manager } = flow.dataSource;
    const [kept, marked] = await manager.save([note('kept'), note('marked')]);
    await manager.softRemove(marked!);
    await flow.forget();
    await expect(manager.remove(Note, kept!, alone)).rejects.toMatchObject(refused);
    await expect(manager.softRemove(Note, kept!, alone)).rejects.toMatchObject(refused);
    await expect(manager.recover(Note, marked!, alone)).rejects.toMatchObject(refused);
    expect(await manager.find(Note, { select: { title: true } })).toEqual([
      expect.objectContaining({ title: 'kept' }),
    ]);
    expect(await manager.count(Note, { withDeleted: true })).toBe(2);
    expect(await titles()).toEqual([]);
  });

  it('A save with `{ transaction: false }` inside a transaction is accepted', async () => {
    await flow.dataSource.transaction((manager) => manager.save(note('inside'), alone));
    expect(await titles()).toEqual(['inside']);
  });

  it('A silenced save without a transaction is accepted', async () => {
    await flow.hooks.silence(() => flow.dataSource.manager.save(note('seed'), alone));
    expect(await rows('note')).toEqual(['seed']);
    expect(await flow.stored()).toEqual([]);
  });
});
