import { Flow } from '../../support/application/flow';
import { until } from '../../support/application/waiting';
import { person } from '../../support/entities/person';
import { type Answer, answering } from '../../support/receivers/answers';

let flow: Flow;
const errors: unknown[] = [];

beforeEach(async () => {
  errors.splice(0);
  const silent = () => undefined;
  const logger = {
    debug: silent,
    info: silent,
    warn: silent,
    error: (text: string, facts?: object) => errors.push([text, facts]),
  };
  flow = await Flow.start({ attach: { logger, sweepMs: 300, leaseMs: 3_000 } });
});
afterEach(() => flow?.stop());

const check = (table: string, condition: string) =>
  flow.query(`ALTER TABLE model_hook_${table} ADD CONSTRAINT ours CHECK (${condition}) NOT VALID`);

const chunks = () => flow.query('SELECT FROM model_hook_chunk');

/** A listener with this answer among nine that answer well, each of whom gets one event. */
async function amongOthers(answer: Answer) {
  const bad = await flow.listen(answering(answer), { delivery: { retries: 0 } });
  const others = await Promise.all(Array.from({ length: 9 }, () => flow.listen()));
  return { bad: bad.listener, others: others.map(({ listener }) => listener) };
}

async function untilAllDone(listeners: readonly { readonly id: string }[]): Promise<void> {
  await until('the others are done', async () => {
    const { items } = await flow.hooks.deliveries.find({ status: 'done' });
    return listeners.every(({ id }) => items.some((delivery) => delivery.listenerId === id));
  });
}

describe('an outcome that the database refuses', () => {
  it.each<{ name: string; condition: string; answer: Answer; status: string }>([
    {
      name: 'its response',
      condition: "response NOT LIKE '%bad%'",
      answer: { status: 500, body: 'bad' },
      status: 'failed',
    },
    {
      name: 'the response of a success',
      condition: "response NOT LIKE '%bad%'",
      answer: { body: 'bad' },
      status: 'done',
    },
    {
      name: 'its reason',
      condition: "reason NOT LIKE '%bad%'",
      answer: { body: { status: 'failure', reason: 'bad' } },
      status: 'failed',
    },
    {
      name: 'its return value',
      condition: "retval::text NOT LIKE '%bad%'",
      answer: { body: { status: 'success', retval: 'bad' } },
      status: 'done',
    },
  ])('An outcome is stored without $name, and others are stored whole', async (values) => {
    const { bad, others } = await amongOthers(values.answer);
    await check('delivery', values.condition);
    await flow.savePeople(1);
    await untilAllDone(others);
    await flow.hooks.idle();
    expect(await flow.deliveryOf(bad.id)).toMatchObject({
      status: values.status,
      response: null,
      retval: null,
      reason: 'the database refused to store the outcome (23514)',
    });
    expect(errors).toEqual([
      [
        expect.stringContaining('refused an outcome'),
        expect.objectContaining({ listenerId: bad.id }),
      ],
    ]);
    expect(await chunks()).toEqual([]);
  });

  it('All others are stored and the chunk ends if the database takes no form of an outcome', async () => {
    const { bad, others } = await amongOthers({ body: 'bad' });
    await check('delivery', `listener_id <> '${bad.id}'`);
    const reported: unknown[] = [];
    flow.hooks.on('outcome', ({ listenerId, reason }) => reported.push([listenerId, reason]));
    await flow.savePeople(1);
    await untilAllDone(others);
    await flow.hooks.idle();
    expect(await chunks()).toEqual([]);
    expect(reported).toContainEqual([bad.id, expect.stringContaining('23514')]);
    expect(errors).toHaveLength(2);
    expect(JSON.stringify(errors)).toContain(bad.id);
  });

  it('A delivery with a row ends as failed if the database takes no other outcome of it', async () => {
    const { bad } = await amongOthers({ status: 500 });
    await flow.hooks.listeners.update(bad.id, { delivery: { retries: 1, retryDelayMs: 1_000 } });
    await flow.savePeople(1);
    await until(
      'it was tried',
      async () => (await flow.hooks.deliveries.find({ listener: bad.id })).items.length === 1,
    );
    await check('delivery', `attempt < 2 OR listener_id <> '${bad.id}'`);
    await until('it has ended', async () => (await flow.deliveryOf(bad.id)).status === 'failed');
    await flow.hooks.idle();
    expect(await chunks()).toEqual([]);
  });

  it('A listener whose state cannot be stored does not stop the state of others', async () => {
    const { bad, others } = await amongOthers({ status: 500 });
    const [other] = others;
    const failing = await flow.listen(answering({ status: 500 }), { delivery: { retries: 0 } });
    await check('listener', `id <> '${bad.id}' OR failing_since IS NULL`);
    await flow.savePeople(1);
    await flow.hooks.idle();
    const since = async (id: string) =>
      (
        await flow.query<{ failing_since: Date }>(
          'SELECT failing_since FROM model_hook_listener WHERE id = $1',
          [id],
        )
      )[0]?.failing_since;
    expect(await since(failing.listener.id)).toBeInstanceOf(Date);
    expect([await since(bad.id), await since(other?.id ?? '')]).toEqual([null, null]);
    expect(errors).toEqual([[expect.any(String), expect.objectContaining({ listenerId: bad.id })]]);
  });

  it.each(['a\0b', 'a\ud800b', '\udfff😀'])(
    'The text %j is stored in every place of a reply',
    async (text) => {
      const answers = [
        { status: 500, body: text },
        { body: { status: 'failure', reason: text } },
        { body: { status: 'skip', output: { [text]: text } } },
        { body: { status: 'success', retval: { [text]: [text] } } },
      ];
      const listeners = await Promise.all(
        answers.map((answer) => flow.listen(answering(answer), { delivery: { retries: 0 } })),
      );
      await flow.savePeople(1);
      await flow.hooks.idle();
      const statuses = await Promise.all(
        listeners.map(async ({ listener }) => (await flow.deliveryOf(listener.id)).status),
      );
      expect(statuses).toEqual(['failed', 'failed', 'skipped', 'done']);
      expect(errors).toEqual([]);
    },
  );
});

describe('a stored listener that cannot be read', () => {
  it.each([
    { column: 'target', value: "'no url'", status: 'failed', reason: 'neither a URL nor' },
    {
      column: 'secret',
      value: "'enc:v1:spec:AAAA'",
      status: 'failed',
      reason: 'secrets do not open',
    },
    { column: 'headers', value: "'[1]'", status: 'failed', reason: 'could not be read' },
    { column: 'headers', value: "'null'", status: 'failed', reason: 'could not be read' },
    { column: 'headers', value: `'{"a":{"secret":5}}'`, status: 'failed', reason: '' },
    { column: 'delivery', value: "'null'", status: 'failed', reason: '' },
    { column: 'paused_until', value: "'infinity'", status: 'waiting', reason: 'paused' },
  ])(
    'Others get their events if its $column is $value',
    async ({ column, value, status, reason }) => {
      const { bad, others } = await amongOthers({});
      await flow.query(`UPDATE model_hook_listener SET ${column} = ${value} WHERE id = $1`, [
        bad.id,
      ]);
      await flow.savePeople(1);
      await untilAllDone(others);
      await flow.hooks.idle();
      expect(
        await flow.query('SELECT status, reason FROM model_hook_delivery WHERE listener_id = $1', [
          bad.id,
        ]),
      ).toEqual([{ status, reason: expect.stringContaining(reason) }]);
      expect(await chunks()).toEqual([]);
    },
  );

  it.each([
    { filters: '[{"field":"name","operator":"like","operand":"("}]' },
    { filters: '[{"field":"name","operator":"startsWith","operand":7}]' },
    { filters: '[{"field":"name","operator":"oneOf","operand":null}]' },
    { filters: '[{"field":"name","operator":"not","operand":null}]' },
    { filters: '[null]' },
    { filters: '7' },
  ])('Others get their events if its conditions are $filters', async ({ filters }) => {
    const { bad, others } = await amongOthers({});
    await flow.query('UPDATE model_hook_listener SET filters = $2 WHERE id = $1', [
      bad.id,
      filters,
    ]);
    await flow.dataSource.manager.save(person({ name: 'Joe' }));
    await untilAllDone(others);
    await flow.dataSource.manager.save(person({ name: 'Ann' }));
    await flow.hooks.idle();
    const { items } = await flow.hooks.deliveries.find({ status: 'done' });
    // The listener itself may be judged later, by the rows of its filter.
    const theirs = items.filter(({ listenerId }) => listenerId !== bad.id);
    expect(theirs).toHaveLength(18);
    expect(await flow.pendingEvents()).toBe(0);
  });
});
