import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { is, ModelHook, type ModelHooks, not } from 'typeorm-model-hooks';
import { type Application, startApplication } from '../../support/application/application';
import { outcomes } from '../../support/application/waiting';
import { answering } from '../../support/receivers/answers';
import { type Receiver, startReceiver } from '../../support/receivers/receiver';
import { nestedLists, nestedText } from '../../support/values/nested';

/** Deeper than JSON.stringify writes; PostgreSQL stores it. */
const DEEP = nestedText(10_000);

@Entity()
@ModelHook({ provides: ['name', 'meta', 'note'], format: 'envelope' })
@ModelHook({
  name: 'computed',
  provides: ['name', 'meta'],
  compute: { size: (row: { meta: unknown[] }) => row.meta?.length },
  when: { meta: not(is([2])) },
  format: 'envelope',
})
@ModelHook({ name: 'exact', provides: ['name', 'meta'], exactPrevious: true, format: 'envelope' })
class Doc {
  @PrimaryGeneratedColumn() id!: number;
  @Column('varchar') name!: string;
  @Column('jsonb', { nullable: true }) meta!: unknown;
  @Column('json', { nullable: true }) note!: unknown;
}

const HOOKS = ['doc', 'computed', 'exact'];

let application: Application;
let hooks: ModelHooks;
let receiver: Receiver;

beforeAll(async () => {
  application = await startApplication({ entities: [Doc] });
  hooks = application.hooks;
});
beforeEach(async () => {
  receiver = await startReceiver();
  for (const hook of HOOKS)
    await hooks
      .get(hook)
      .listener({ url: receiver.url, delivery: { retries: 0 } })
      .match({ meta: not(is([3])) })
      .save();
});
afterEach(async () => {
  for (const { id } of await hooks.listeners.find()) await hooks.listeners.remove(id);
  await receiver.close();
});
afterAll(() => application.stop());

function doc(values: Partial<Doc>): Doc {
  return Object.assign(new Doc(), { name: 'Joe' }, values);
}

/** A row that TypeORM could not have written. */
async function deepRow(): Promise<number> {
  const [{ id }] = await application.dataSource.query(
    `INSERT INTO doc (name, meta, note) VALUES ('Joe', $1::jsonb, $1::json) RETURNING id`,
    [DEEP],
  );
  return id;
}

async function told(): Promise<readonly Record<string, unknown>[]> {
  await hooks.idle();
  const { items } = await hooks.deliveries.find({ limit: HOOKS.length });
  expect(items.map(({ status, reason }) => ({ status, reason }))).toEqual(
    HOOKS.map(() => ({ status: 'done', reason: null })),
  );
  return receiver.received.map(({ body }) => body as Record<string, unknown>);
}

describe('a column with very deep JSON', () => {
  it('A deep value is sent as null when its row is updated', async () => {
    const id = await deepRow();
    await application.dataSource.manager.save(doc({ id, name: 'Ann' }));
    for (const body of await told())
      expect(body).toMatchObject({ operation: 'update', data: { name: 'Ann', meta: null } });
  });

  it('A deep value that is overwritten is null in `previous`', async () => {
    const id = await deepRow();
    await application.dataSource.manager.save(doc({ id, meta: 1 }));
    for (const body of await told())
      expect(body).toMatchObject({ data: { meta: 1 }, previous: { meta: null } });
  });

  it('A deep value is sent as null when its row is removed', async () => {
    const id = await deepRow();
    // Known by its id only: TypeORM cannot compare such values.
    await application.dataSource.manager.remove(doc({ id }));
    for (const body of await told())
      expect(body).toMatchObject({ operation: 'remove', data: { name: 'Joe', meta: null } });
  });

  it('A deep value is sent as null when it is written', async () => {
    await application.dataSource.manager.save(doc({ meta: nestedLists(1_500) }));
    for (const body of await told())
      expect(body).toMatchObject({ operation: 'insert', data: { name: 'Joe', meta: null } });
  });

  it('A value of a thousand levels is sent unchanged', async () => {
    const meta = nestedLists(1_000);
    await application.dataSource.manager.save(doc({ meta }));
    for (const { data } of await told())
      expect(JSON.stringify(data)).toContain(JSON.stringify(meta));
  });
});

describe('an event that is sent', () => {
  it.each([
    { name: 'values of 10,000 levels', value: nestedLists(10_000) },
    { name: 'a value that holds itself', value: itself() },
  ])('The event contains null in place of $name', async ({ value }) => {
    const hook = hooks.define(`sent.${typeof value}.${Math.random()}`, { provides: ['a', 'b'] });
    await hook.listener(receiver.url).save();
    await hook.send({ a: 1, b: value });
    await hooks.idle();
    expect(receiver.received.at(-1)?.body).toEqual({ a: 1, b: null });
  });
});

describe('listener options that are too deep', () => {
  const deep = nestedLists(10_000);

  it.each([{ config: { deep } }, { config: { deep: nestedLists(64) } }])(
    'A listener whose config is too deep is refused',
    async (options) => {
      const saving = hooks
        .get('doc')
        .listener({ url: receiver.url, ...options })
        .save();
      await expect(saving).rejects.toMatchObject({
        code: 'LISTENER_INVALID',
        fields: { config: [expect.stringContaining('nested at most 64 deep')] },
      });
    },
  );

  it('A listener with an operand that is too deep is refused', async () => {
    const saving = hooks
      .get('doc')
      .listener(receiver.url)
      .match({ meta: is(deep) })
      .save();
    await expect(saving).rejects.toMatchObject({
      code: 'FILTER_OPERAND_INVALID',
      message: expect.stringContaining('nested at most 64 deep'),
    });
  });
});

describe('a reply of 8,000 levels', () => {
  const levels = nestedText(8_000);

  it.each([
    `{"status":"success","retval":${levels}}`,
    `{"status":"failure","reason":${levels}}`,
    levels,
  ])('A deep reply is ignored and delays no other outcome', async (body) => {
    const deep = await startReceiver(answering({ body }));
    await hooks.get('doc').listener(deep.url).save();
    const done = outcomes(hooks, 4, ({ status }) => status === 'done');
    await application.dataSource.manager.save(doc({ meta: null }));
    await done;
    expect(deep.received).toHaveLength(1);
    await deep.close();
  });
});

function itself(): unknown {
  const value: Record<string, unknown> = {};
  value.a = [value, value];
  return value;
}
