import type { EntityManager, EntitySubscriberInterface } from 'typeorm';
import { ReceivingFlow } from '../../support/application/receiving-flow';
import { Note, note } from '../../support/entities/note';

const ROLL_BACK = new Error('roll back');

let flow: ReceivingFlow;
beforeAll(async () => {
  flow = await ReceivingFlow.start({ entities: [Note] });
});
afterAll(() => flow.stop());
beforeEach(async () => {
  await flow.dataSource.query('TRUNCATE note');
  await flow.forget();
});

const titles = async () => (await flow.received()).map(({ data }) => data.title);

async function expectNothing(): Promise<void> {
  expect(await titles()).toEqual([]);
  expect(await flow.stored()).toEqual([]);
}

/** Runs `work` in a transaction, or savepoint, that is then rolled back. */
async function rolledBack(
  of: Pick<EntityManager, 'transaction'>,
  work: (manager: EntityManager) => Promise<unknown>,
): Promise<void> {
  const run = of.transaction(async (manager) => {
    await work(manager);
    throw ROLL_BACK;
  });
  await expect(run).rejects.toBe(ROLL_BACK);
}

describe('ModelHooks over a transaction', () => {
  it('Events are sent after the commit and not before', async () => {
    await flow.dataSource.transaction(async (manager) => {
      await manager.save(note('one'));
      await flow.hooks.idle();
      expect(flow.receiver.received).toEqual([]);
      await manager.save(note('two'));
    });
    expect(await titles()).toEqual(['one', 'two']);
  });

  it('Nothing is sent for writes that were rolled back', async () => {
    await rolledBack(flow.dataSource, async (manager) => {
      const saved = await manager.save(note('one'));
      await manager.save(Object.assign(saved, { title: 'two' }));
      await manager.remove(saved);
    });
    await expectNothing();
  });

  it('Nothing is sent for writes that the database refuses at the commit', async () => {
    await flow.dataSource.query(
      'ALTER TABLE note ADD CONSTRAINT once UNIQUE (title) DEFERRABLE INITIALLY DEFERRED',
    );
    await expect(flow.dataSource.manager.save([note('same'), note('same')])).rejects.toThrow(
      /once/,
    );
    await flow.dataSource.query('ALTER TABLE note DROP CONSTRAINT once');
    await expectNothing();
  });

  it('Nothing is sent for an aborted transaction whose COMMIT PostgreSQL answers with ROLLBACK', async () => {
    await flow.dataSource.transaction(async (manager) => {
      await manager.save(note('lost'));
      await expect(manager.query('SELECT 1 / 0')).rejects.toThrow(/division by zero/);
    });
    expect(await flow.dataSource.manager.count(Note)).toBe(0);
    await expectNothing();
  });

  it('Concurrent transactions do not mix their events', async () => {
    const runs = Array.from({ length: 20 }, (_, n) =>
      n % 2 === 0
        ? flow.dataSource.transaction((manager) => manager.save(note(`kept ${n}`)))
        : rolledBack(flow.dataSource, (manager) => manager.save(note(`lost ${n}`))),
    );
    await Promise.all(runs);
    expect((await titles()).sort()).toEqual(
      Array.from({ length: 10 }, (_, n) => `kept ${2 * n}`).sort(),
    );
    expect(await flow.stored()).toHaveLength(10);
  });

  it('Overlapping saves in one transaction each have their event', async () => {
    await flow.dataSource.transaction((manager) =>
      Promise.all(Array.from({ length: 10 }, (_, n) => manager.save(note(`n${n}`)))),
    );
    expect([...(await titles())].sort()).toEqual(Array.from({ length: 10 }, (_, n) => `n${n}`));
  });

  it('Only the committed transactions of one query runner have their events sent', async () => {
    const runner = flow.dataSource.createQueryRunner();
    for (const end of ['commit', 'roll back', 'commit again', 'roll back again']) {
      await runner.startTransaction();
      await runner.manager.save(note(end));
      if (end.startsWith('commit')) await runner.commitTransaction();
      else await runner.rollbackTransaction();
    }
    await runner.manager.save(note('on its own'));
    await runner.release();
    expect(await titles()).toEqual(['commit', 'commit again', 'on its own']);
    expect(await flow.stored()).toHaveLength(3);
  });
});

describe('ModelHooks over a savepoint', () => {
  it('Only the events of the savepoint that rolled back are dropped', async () => {
    await flow.dataSource.transaction(async (manager) => {
      await manager.save(note('before'));
      await rolledBack(manager, (inner) => inner.save(note('inside')));
      await manager.transaction((inner) => inner.save(note('released')));
      await manager.save(note('after'));
    });
    expect(await titles()).toEqual(['before', 'released', 'after']);
    expect(await flow.stored()).toHaveLength(3);
  });

  it('Events that a raw ROLLBACK TO SAVEPOINT undoes are dropped', async () => {
    await flow.dataSource.transaction(async (manager) => {
      await manager.save(note('before'));
      await manager.query('SAVEPOINT mine');
      await manager.save(note('inside'));
      await manager.query('ROLLBACK TO SAVEPOINT mine');
      await manager.save(note('after'));
    });
    expect(await titles()).toEqual(['before', 'after']);
    expect(await flow.stored()).toHaveLength(2);
  });

  it('Nothing is sent for a released savepoint whose transaction rolls back', async () => {
    await rolledBack(flow.dataSource, async (manager) => {
      await manager.transaction((inner) => inner.save(note('released')));
      await flow.hooks.idle();
      expect(flow.receiver.received).toEqual([]);
    });
    await expectNothing();
  });
});

describe('ModelHooks beside a subscriber that throws', () => {
  const moments = ['Insert', 'Update', 'Remove', 'SoftRemove', 'Recover'].flatMap((operation) =>
    (['before', 'after'] as const).flatMap((when) =>
      (['throws', 'rejects'] as const).flatMap((how) =>
        (['first', 'last'] as const).map((place) => ({
          hook: `${when}${operation}` as keyof EntitySubscriberInterface,
          how,
          place,
        })),
      ),
    ),
  );

  /** What makes TypeORM call the hook for two rows, of which the subscriber refuses the second. */
  async function write(hook: string, manager: EntityManager, saved: readonly Note[]) {
    const [one, other] = saved.map((each) => Object.assign(new Note(), each));
    const both = [one!, other!];
    if (hook.endsWith('Insert')) return manager.save([note('one'), note('other')]);
    if (hook.endsWith('Update'))
      return manager.save(both.map((each) => Object.assign(each, { title: `${each.title}!` })));
    if (hook.endsWith('SoftRemove')) return manager.softRemove(both);
    if (hook.endsWith('Recover')) return manager.recover(both);
    return manager.remove(both);
  }

  it.each(moments)(
    'Nothing is stored or sent if $hook $how as the $place subscriber',
    async ({ hook, how, place }) => {
      const saved = await flow.dataSource.manager.save([note('one'), note('other')]);
      if (hook.endsWith('Recover')) await flow.dataSource.manager.softRemove(saved);
      await flow.forget();
      const refusing = { [hook]: refusal(how) } as EntitySubscriberInterface;
      const { subscribers } = flow.dataSource;
      subscribers.splice(place === 'first' ? 0 : subscribers.length, 0, refusing);
      const runner = flow.dataSource.createQueryRunner();
      await expect(write(hook, runner.manager, saved)).rejects.toBe(ROLL_BACK);
      subscribers.splice(subscribers.indexOf(refusing), 1);
      // The same connection: a statement that came too late would be before this one.
      expect(await runner.query('SELECT event FROM model_hook_event')).toEqual([]);
      await runner.release();
      await expectNothing();
    },
  );
});

/** Refuses the second row that it hears of, at once or a moment later. */
function refusal(how: 'throws' | 'rejects'): () => Promise<void> | undefined {
  let calls = 0;
  return () => {
    calls += 1;
    if (calls < 2) return undefined;
    if (how === 'throws') throw ROLL_BACK;
    return new Promise((_, reject) => setImmediate(() => reject(ROLL_BACK)));
  };
}
