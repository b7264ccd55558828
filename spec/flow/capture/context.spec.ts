import type { EntityManager } from 'typeorm';
import {
  type AttachOptions,
  BackgroundResponse,
  type HookEvent,
  InteractiveResponse,
  type ModelHooks,
} from '../../../lib';
import { captureEvents } from '../../../lib/testing';
import { Flow } from '../../support/application/flow';
import { BY_TRIGGERS } from '../../support/application/triggers-flow';
import { Person, person } from '../../support/entities/person';
import { answering } from '../../support/receivers/answers';

let flow: Flow;
afterEach(() => flow.stop());

const CAPTURES: readonly (readonly [string, AttachOptions])[] = [
  ['subscribers', {}],
  ['triggers', BY_TRIGGERS],
];

const save = (name: string, manager: EntityManager = flow.dataSource.manager) =>
  manager.save(person({ name }));

const within = <T>(actor: string, fn: () => T): T => flow.hooks.withContext({ actor }, fn);

/** The actor of each stored event by the name of its person. */
async function actors(): Promise<Readonly<Record<string, unknown>>> {
  const rows = await flow.query<{ name: string; actor: string | null }>(
    `SELECT data->>'name' AS name, context->>'actor' AS actor FROM model_hook_event WHERE hook <> 'model-hooks.x' ORDER BY id`,
  );
  return Object.fromEntries(rows.map(({ name, actor }) => [name, actor]));
}

describe.each(CAPTURES)('hooks.withContext with capture by %s', (_, capture) => {
  const start = async (options: AttachOptions = {}): Promise<ModelHooks> => {
    flow = await Flow.start({ attach: { ...capture, ...options } });
    return flow.hooks;
  };

  it('The context of a block is stored with the events of its writes, and not with others', async () => {
    await start({ work: false });
    await save('before');
    await within('a', () => save('saved'));
    await within('b', () => flow.dataSource.getRepository(Person).insert({ name: 'inserted' }));
    await Promise.all([within('c', () => save('c')), within('d', () => save('d')), save('none')]);
    expect(await actors()).toEqual({
      before: null,
      saved: 'a',
      inserted: 'b',
      c: 'c',
      d: 'd',
      none: null,
    });
  });

  it('The block of the write counts, and not that of the commit', async () => {
    await start({ work: false });
    await within('outer', () =>
      flow.dataSource.transaction(async (manager) => {
        await save('of the transaction', manager);
        await within('inner', () => save('of the block', manager));
        await save('after the block', manager);
      }),
    );
    await flow.dataSource.transaction(async (manager) => {
      await within('early', () => save('early', manager));
      await save('late', manager);
    });
    expect(await actors()).toEqual({
      'of the transaction': 'outer',
      'of the block': 'inner',
      'after the block': 'outer',
      early: 'early',
      late: null,
    });
  });

  it('Statements of one transaction that are started together have their own contexts', async () => {
    await start({ work: false });
    await flow.dataSource.transaction(async (manager) => {
      await Promise.all([
        ...['a', 'b', 'c'].map((name) => within(name, () => save(name, manager))),
        save('none', manager),
        flow.hooks.silence(() => save('silent', manager)),
        within('d', () => manager.insert(Person, { name: 'd' })),
      ]);
      await save('later', manager);
    });
    expect(await actors()).toEqual({ a: 'a', b: 'b', c: 'c', none: null, d: 'd', later: null });
  });

  it('Nothing is written after the rollback, if one of several statements that are started together fails', async () => {
    await start({ work: false });
    const writes = flow.dataSource.transaction((manager) =>
      Promise.all([
        within('a', () => manager.query('INSERT INTO person (nothing) VALUES (1)')),
        ...['b', 'c', 'd'].map((name) => within(name, () => manager.insert(Person, { name }))),
      ]),
    );
    await expect(writes).rejects.toThrow('nothing');
    expect(await flow.dataSource.getRepository(Person).count()).toBe(0);
    expect(await actors()).toEqual({});
  });

  it('Statements of one query runner that are started together without a transaction have their own contexts', async () => {
    await start({ work: false });
    const runner = flow.dataSource.createQueryRunner();
    const [failed] = await Promise.allSettled([
      within('a', () => runner.manager.insert(Person, { name: null as never })),
      ...['b', 'c'].map((name) => within(name, () => runner.manager.insert(Person, { name }))),
    ]);
    await runner.release();
    expect(failed?.status).toBe('rejected');
    expect(await actors()).toEqual({ b: 'b', c: 'c' });
  });

  it('Statements of one query runner that captureEvents() records do not roll each other back', async () => {
    await start({ work: false });
    const runner = flow.dataSource.createQueryRunner();
    const { events, result } = await captureEvents(flow.dataSource, () =>
      Promise.allSettled([
        within('a', () => runner.manager.insert(Person, { name: null as never })),
        ...['b', 'c'].map((name) => within(name, () => runner.manager.insert(Person, { name }))),
      ]),
    );
    await runner.release();
    expect(result.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(events.map(({ data, context }) => [data.name, context?.actor])).toEqual([
      ['b', 'b'],
      ['c', 'c'],
    ]);
    expect(await actors()).toEqual({ b: 'b', c: 'c' });
  });

  it('A savepoint that is rolled back leaves the context of the block around it in force', async () => {
    await start({ work: false });
    await within('outer', () =>
      flow.dataSource.transaction(async (manager) => {
        await manager
          .transaction(async (inner) => {
            await within('inner', () => save('undone', inner));
            throw new Error('undone');
          })
          .catch(() => undefined);
        await save('kept', manager);
      }),
    );
    expect(await actors()).toEqual({ kept: 'outer' });
  });

  it('An event of a defined hook has the context of its send(), in a transaction too', async () => {
    const hooks = await start({ work: false });
    const signup = hooks.define('signup', { provides: ['name'] });
    await within('a', () => signup.send({ name: 'alone' }));
    await flow.dataSource.transaction(async (manager) => {
      await within('b', () => save('a person', manager));
      await signup.send({ name: 'joined, outside of the block' }, { manager });
      await within('c', () => signup.send({ name: 'joined' }, { manager }));
    });
    expect(await actors()).toEqual({
      alone: 'a',
      'a person': 'b',
      'joined, outside of the block': null,
      joined: 'c',
    });
  });

  it('Handlers get the context, and their own writes are outside of the block', async () => {
    const hooks = await start();
    const seen: HookEvent[] = [];
    const handler = hooks.handler('audit', async (event) => {
      seen.push(event);
      if (event.data.name === 'Joe') await save('of the handler');
      return BackgroundResponse.done();
    });
    await hooks.for(Person).listener(handler).save();
    await hooks.withContext({ actor: 'a', roles: ['admin'] }, () => save('Joe'));
    await hooks.idle();
    expect(seen.map(({ data, context }) => [data.name, context])).toEqual([
      ['Joe', { actor: 'a', roles: ['admin'] }],
      ['of the handler', undefined],
    ]);
  });

  it('A replay under a new id keeps the context', async () => {
    const hooks = await start();
    const { receiver } = await flow.listen(undefined, { format: 'envelope' });
    await within('a', () => save('Joe'));
    await hooks.idle();
    await hooks.deliveries.replay({ newId: true });
    await hooks.idle();
    expect(receiver.received.map(({ body }) => (body as HookEvent).context)).toEqual([
      { actor: 'a' },
      { actor: 'a' },
    ]);
  });

  it('`resolve` gets the context', async () => {
    const hooks = await start({ work: false });
    const seen: unknown[] = [];
    const order = hooks.define('order', {
      provides: ['name'],
      resolve: ({ context }) => {
        seen.push(context);
        return [];
      },
    });
    await within('a', () => order.send({ name: 'x' }));
    expect(seen).toEqual([{ actor: 'a' }]);
  });
});

describe('hooks.withContext', () => {
  it('Raw SQL in a transaction has the context of its block; in autocommit it has none', async () => {
    flow = await Flow.start({ attach: { ...BY_TRIGGERS, work: false } });
    await flow.dataSource.transaction((manager) =>
      within('a', () => manager.query(`INSERT INTO person (name) VALUES ('in a transaction')`)),
    );
    const runner = flow.dataSource.createQueryRunner();
    await runner.query('BEGIN');
    await within('b', () => runner.query(`INSERT INTO person (name) VALUES ('own BEGIN')`));
    await runner.query('COMMIT');
    await runner.release();
    await within('c', () => flow.query(`INSERT INTO person (name) VALUES ('autocommit')`));
    expect(await actors()).toEqual({ 'in a transaction': 'a', 'own BEGIN': 'b', autocommit: null });
  });

  it('The context of one attachment does not reach the events of another one', async () => {
    flow = await Flow.start({ attach: { work: false } });
    const other = await Flow.start({ attach: { work: false } });
    await other.hooks.withContext({ actor: 'other' }, () => save('Joe'));
    expect(await actors()).toEqual({ Joe: null });
    await other.stop();
  });

  it('An event of hooks.at() has the context in which it was called', async () => {
    flow = await Flow.start();
    const seen: unknown[] = [];
    flow.hooks.handler('remind', ({ context }) => {
      seen.push(context);
      return BackgroundResponse.done();
    });
    await flow.hooks.listen('schedule.remind', 'handler:remind').save();
    await within('a', () => flow.hooks.at(new Date(), 'remind'));
    await flow.hooks.idle();
    expect(seen).toEqual([{ actor: 'a' }]);
  });

  it('A call of an interactive hook and a veto get the context', async () => {
    flow = await Flow.start({ attach: { work: false } });
    const { hooks } = flow;
    const seen: unknown[] = [];
    const end = hooks.for(Person).interactive('insert', ({ context }) => {
      seen.push(context);
      return InteractiveResponse.done();
    });
    await within('a', () => save('Joe'));
    end();
    const quote = hooks.interactive('quote', { provides: ['amount'] });
    await quote
      .listener(
        hooks.handler('quote', ({ context }) => {
          seen.push(context);
          return BackgroundResponse.done();
        }),
      )
      .save();
    await within('b', () => quote.call({ amount: 1 }));
    expect(seen).toEqual([{ actor: 'a' }, { actor: 'b' }]);
    const [row] = await flow.query<{ context: unknown }>(
      `SELECT context FROM model_hook_event WHERE hook = 'quote'`,
    );
    expect(row?.context).toEqual({ actor: 'b' });
  });

  it('No line of the log and no error holds a value of a context', async () => {
    const lines: unknown[] = [];
    const note = (...line: unknown[]) => lines.push(line);
    const logger = { debug: note, info: note, warn: note, error: note };
    flow = await Flow.start({ attach: { ...BY_TRIGGERS, logger, delivery: { retries: 0 } } });
    const { receiver } = await flow.listen(answering({ status: 500 }), { format: 'envelope' });
    flow.hooks.handler('fails', () => {
      throw new Error('of the application');
    });
    await flow.hooks.for(Person).listener('handler:fails').save();
    await within('canary-7', () => save('Joe'));
    await flow.hooks.idle();
    expect(receiver.received).toHaveLength(1);
    const tooLong = () => flow.hooks.withContext({ actor: 'canary-7'.repeat(600) }, () => 1);
    expect(tooLong).toThrow(
      expect.objectContaining({ message: expect.not.stringMatching('canary') }),
    );
    expect(JSON.stringify(lines)).not.toContain('canary-7');
  });
});
