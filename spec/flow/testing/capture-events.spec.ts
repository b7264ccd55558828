import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client } from 'pg';
import { DataSource, type EntityManager } from 'typeorm';
import {
  type AttachOptions,
  BackgroundResponse,
  type HookEvent,
  modelHookEntities,
} from '../../../lib';
import { captureEvents } from '../../../lib/testing';
import { Flow } from '../../support/application/flow';
import { BY_TRIGGERS } from '../../support/application/triggers-flow';
import { Person, person } from '../../support/entities/person';
import { Stock, stock } from '../../support/entities/stock';

const names = (events: readonly HookEvent[]) => events.map(({ name }) => name);
const people = (events: readonly HookEvent[]) => events.map(({ data }) => data.name);

const INSERT = `INSERT INTO person (name) VALUES ($1)`;

const CASES: readonly (readonly [string, AttachOptions])[] = [
  ['subscribers', {}],
  ['triggers', BY_TRIGGERS],
];

describe.each(CASES)('captureEvents of merged events by %s', (_, options) => {
  let flow: Flow;
  beforeAll(async () => {
    flow = await Flow.start({ entities: [Stock], attach: { work: false, ...options } });
  });
  afterAll(() => flow.stop());

  /** Writes `a`, then `b`, and `c` in a savepoint that is rolled back. Returns the id of the row. */
  const write = async (manager: EntityManager) => {
    const { id } = await manager.save(stock('a'));
    await manager.update(Stock, id, { name: 'b' });
    await manager
      .transaction(async (inner) => {
        await inner.update(Stock, id, { name: 'c' });
        throw new Error('undone');
      })
      .catch(() => undefined);
    const gone = await manager.save(stock('gone'));
    await manager.remove(gone);
    return id;
  };
  const summary = (events: readonly HookEvent[]) =>
    events.map(({ name, data, previous }) => [name, data, previous]);
  const MERGED = [['stock.created', { name: 'b' }, null]];

  it('The events are those that are stored at the end of the block', async () => {
    const { events } = await captureEvents(flow.dataSource, () =>
      flow.dataSource.transaction(write),
    );
    expect(summary(events)).toEqual(MERGED);
  });

  it('Events of a transaction that is still open are merged so far', async () => {
    const runner = flow.dataSource.createQueryRunner();
    await runner.startTransaction();
    const { events, result } = await captureEvents(flow.dataSource, () => write(runner.manager));
    expect(summary(events)).toEqual(MERGED);
    const later = await captureEvents(flow.dataSource, () =>
      runner.manager.update(Stock, result, { name: 'd' }),
    );
    expect(summary(later.events)).toEqual([['stock.created', { name: 'd' }, null]]);
    await runner.rollbackTransaction();
    await runner.release();
  });

  it('A savepoint that is rolled back brings the event before it back, without another write', async () => {
    const { events } = await captureEvents(flow.dataSource, () =>
      flow.dataSource.transaction(async (manager) => {
        const { id } = await manager.save(stock('kept'));
        const undone = manager.transaction(async (inner) => {
          await inner.remove(await inner.findOneByOrFail(Stock, { id }));
          throw new Error('undone');
        });
        await expect(undone).rejects.toThrow('undone');
      }),
    );
    expect(summary(events)).toEqual([['stock.created', { name: 'kept' }, null]]);
  });
});

describe.each(CASES)('captureEvents by %s', (capture, options) => {
  let flow: Flow;
  const manager = () => flow.dataSource.manager;
  const save = (name: string, by: EntityManager = manager()) => by.save(person({ name }));

  beforeAll(async () => {
    flow = await Flow.start({ attach: { work: false, ...options } });
  });
  afterAll(() => flow.stop());

  it('The events of a block have the order of its writes and the shape that handlers get', async () => {
    const { events, byHook, eventsOf, result } = await captureEvents<{ person: Person }>(
      flow.dataSource,
      async () => {
        const joe = await save('Joe');
        await manager().save(Object.assign(joe, { name: 'Jim', secret: 'not provided' }));
        await manager().save(Object.assign(joe, { secret: 'changes nothing provided' }));
        await manager().update(Person, { id: joe.id }, { address: 'Rome' });
        await manager().remove(joe);
        return 'done';
      },
    );
    expect(names(events)).toEqual([
      'person.created',
      'person.updated',
      'person.updated',
      'person.removed',
    ]);
    expect(events[1]).toMatchObject({
      hook: 'person',
      operation: 'update',
      data: { name: 'Jim', address: null },
      previous: { name: 'Joe', address: null },
      changed: ['name'],
    });
    expect(events[1]?.occurredAt).toBeInstanceOf(Date);
    expect(JSON.stringify(events)).not.toContain('not provided');
    expect(byHook.person).toEqual(events);
    expect(eventsOf(Person)).toEqual(events);
    expect(result).toBe('done');
  });

  it('An event is the one that a handler gets', async () => {
    const handled: HookEvent[] = [];
    flow.hooks.handler('seen', (event) => {
      handled.push(event);
      return BackgroundResponse.done();
    });
    const listener = await flow.hooks.for(Person).listener('handler:seen').save();
    await flow.hooks.testing.deliver();
    handled.length = 0;
    const { events } = await captureEvents(flow.dataSource, () => save('Handled'));
    await flow.hooks.testing.deliver();
    await flow.hooks.listeners.remove(listener.id);
    expect(handled).toEqual(events);
  });

  it('Events of an outer transaction are there before it is rolled back', async () => {
    const runner = flow.dataSource.createQueryRunner();
    await runner.startTransaction();
    await save('before the block', runner.manager);
    const { events } = await captureEvents(flow.dataSource, async () => {
      await save('Ann', runner.manager);
      await runner.manager.transaction((inner) => save('Bob', inner));
    });
    await save('after the block', runner.manager);
    await runner.rollbackTransaction();
    await runner.release();
    expect(people(events)).toEqual(['Ann', 'Bob']);
    expect(await manager().countBy(Person, { name: 'Ann' })).toBe(0);
  });

  it('Events that the block rolled back are not among those that it made', async () => {
    const { events } = await captureEvents(flow.dataSource, () =>
      manager().transaction(async (outer) => {
        await save('kept', outer);
        const failing = outer.transaction(async (inner) => {
          await save('dropped', inner);
          throw new Error('savepoint');
        });
        await expect(failing).rejects.toThrow('savepoint');
        await save('kept too', outer);
        const whole = manager().transaction(async (other) => {
          await save('dropped as a whole', other);
          throw new Error('transaction');
        });
        await expect(whole).rejects.toThrow('transaction');
      }),
    );
    expect(people(events)).toEqual(['kept', 'kept too']);
  });

  it('A savepoint that is rolled back inside of an outer transaction leaves no event', async () => {
    const runner = flow.dataSource.createQueryRunner();
    await runner.startTransaction();
    const { events } = await captureEvents(flow.dataSource, async () => {
      await runner.query('SAVEPOINT own');
      await save('dropped', runner.manager);
      await runner.query('ROLLBACK TO SAVEPOINT own');
      await save('kept', runner.manager);
    });
    await runner.rollbackTransaction();
    await runner.release();
    expect(people(events)).toEqual(['kept']);
  });

  it('A block that throws passes the error on, and the next block begins anew', async () => {
    const error = new Error('mine');
    const failing = captureEvents(flow.dataSource, async () => {
      await save('of the failed block');
      throw error;
    });
    await expect(failing).rejects.toBe(error);
    const { events } = await captureEvents(flow.dataSource, () => undefined);
    expect(events).toEqual([]);
  });

  it('Concurrent blocks have their own events', async () => {
    const blocks = ['a', 'b', 'c'].map((block) =>
      captureEvents(flow.dataSource, async () => {
        for (const n of [1, 2, 3]) await save(`${block}${n}`);
        if (capture === 'triggers') await flow.query(INSERT, [`${block}4`]);
      }),
    );
    const found = (await Promise.all(blocks)).map(({ events }) => people(events));
    const numbers = capture === 'triggers' ? [1, 2, 3, 4] : [1, 2, 3];
    expect(found).toEqual(['a', 'b', 'c'].map((block) => numbers.map((n) => `${block}${n}`)));
  });

  it('A nested block belongs to the outer one', async () => {
    const { events, result } = await captureEvents(flow.dataSource, async () => {
      await save('outer');
      return captureEvents(flow.dataSource, () => save('inner'));
    });
    expect(people(result.events)).toEqual(['inner']);
    expect(people(events)).toEqual(['outer', 'inner']);
  });

  it('A write of a server that the block sends a request to is included', async () => {
    const server = createServer(async (_request, response) => {
      await save('by the server');
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const { events } = await captureEvents(
      flow.dataSource,
      () =>
        new Promise<void>((resolve) => {
          get({ port, agent: false }, (reply) => reply.resume().once('end', resolve));
        }),
    );
    await new Promise((resolve) => server.close(resolve));
    expect(people(events)).toEqual(['by the server']);
  });

  it('A block inside of hooks.silence and hooks.buffer has the events that are stored', async () => {
    const { events } = await captureEvents(flow.dataSource, async () => {
      await flow.hooks.silence(() => save('silent'));
      await flow.hooks.buffer(() => save('buffered'));
    });
    expect(people(events)).toEqual(['buffered']);
  });

  it('Events of defined hooks are included', async () => {
    const name = `signup.${capture}`;
    const signup = flow.hooks.define(name, { provides: ['email'] });
    const { byHook } = await captureEvents(flow.dataSource, () =>
      signup.send({ email: 'joe@example.com', password: 'secret' }),
    );
    expect(byHook[name]?.map(({ data }) => data)).toEqual([{ email: 'joe@example.com' }]);
  });

  it('Other connections are included if the block asks for them', async () => {
    const write = async () => {
      const other = await flow.beside({ work: false, ...options });
      await other.dataSource.manager.save(person({ name: 'elsewhere' }));
      await save('here');
    };
    const own = await captureEvents(flow.dataSource, write);
    expect(people(own.events)).toEqual(['here']);
    const all = await captureEvents(flow.dataSource, write, { others: true });
    expect(people(all.events)).toEqual(['elsewhere', 'here']);
  });
});

describe('captureEvents by triggers', () => {
  let flow: Flow;
  beforeAll(async () => {
    flow = await Flow.start({ attach: { work: false, ...BY_TRIGGERS } });
  });
  afterAll(() => flow.stop());

  it.each<readonly [string, () => Promise<unknown>, readonly string[]]>([
    ['INSERT', () => flow.query(INSERT, ['raw']), ['raw']],
    ['a comment first', () => flow.query(`/* hi */ ${INSERT}`, ['comment']), ['comment']],
    [
      'two statements at once',
      () =>
        flow.query(
          `INSERT INTO person (name) VALUES ('x'); INSERT INTO person (name) VALUES ('y')`,
        ),
      ['x', 'y'],
    ],
    ['DO', () => flow.query(`DO $$ BEGIN INSERT INTO person (name) VALUES ('do'); END $$`), ['do']],
    [
      'a CTE of a SELECT',
      () => flow.query(`WITH new AS (${INSERT} RETURNING id) SELECT id FROM new`, ['cte']),
      ['cte'],
    ],
    [
      'a raw transaction',
      async () => {
        const runner = flow.dataSource.createQueryRunner();
        await runner.query('BEGIN');
        await runner.query(INSERT, ['dropped']);
        await runner.query('ROLLBACK');
        await runner.query('BEGIN');
        await runner.query(INSERT, ['raw transaction']);
        await runner.query('COMMIT');
        await runner.release();
      },
      ['raw transaction'],
    ],
  ])('Raw SQL makes events: %s', async (_what, write, expected) => {
    const { events } = await captureEvents(flow.dataSource, write);
    expect(people(events)).toEqual(expected);
  });

  it('A client of its own is another connection', async () => {
    const write = async () => {
      const client = new Client({ connectionString: flow.url });
      await client.connect();
      await client.query(INSERT, ['client']);
      await client.end();
    };
    expect((await captureEvents(flow.dataSource, write)).events).toEqual([]);
    const { events } = await captureEvents(flow.dataSource, write, { others: true });
    expect(people(events)).toEqual(['client']);
  });
});

describe('captureEvents without attached hooks', () => {
  it('A DataSource without hooks is refused', async () => {
    const dataSource = new DataSource({ type: 'postgres', entities: [...modelHookEntities] });
    await expect(captureEvents(dataSource, () => 1)).rejects.toMatchObject({
      code: 'NOT_ATTACHED',
    });
  });

  it('A destroyed DataSource is refused', async () => {
    const flow = await Flow.start({ attach: { work: false } });
    await flow.dataSource.destroy();
    await expect(captureEvents(flow.dataSource, () => 1)).rejects.toMatchObject({
      code: 'DATASOURCE_NOT_INITIALISED',
    });
    await flow.stop();
  });
});
