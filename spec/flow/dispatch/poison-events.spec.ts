import { randomUUID } from 'node:crypto';
import { Flow } from '../../support/application/flow';
import { until } from '../../support/application/waiting';

let flow: Flow;
const errors: string[] = [];

beforeEach(async () => {
  errors.length = 0;
  const quiet = { debug: () => {}, info: () => {}, warn: () => {} };
  const logger = { ...quiet, error: (message: string) => errors.push(message) };
  flow = await Flow.start({ attach: { sweepMs: 100, logger } });
});
afterEach(() => flow?.stop());

/** PostgreSQL refuses with this SQLSTATE to store chunks and deliveries in turn of these events. */
async function refuse(ids: readonly string[], code: string): Promise<void> {
  const raise = `RAISE EXCEPTION 'refused by the spec' USING ERRCODE = '${code}'; END IF; RETURN NEW; END`;
  const list = `ARRAY[${ids.map((id) => `'${id}'::uuid`).join()}]`;
  await flow.query(
    `CREATE FUNCTION refuse_chunk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.event_ids && ${list} THEN ${raise} $$`,
  );
  await flow.query(
    `CREATE FUNCTION refuse_delivery() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.event_id = ANY(${list}) THEN ${raise} $$`,
  );
  for (const table of ['chunk', 'delivery'])
    await flow.query(
      `CREATE TRIGGER refusing BEFORE INSERT ON model_hook_${table} FOR EACH ROW EXECUTE FUNCTION refuse_${table}()`,
    );
}

/** Ids of events that are committed together. The transaction writes nothing else. */
async function storeEvents(count: number, refused: readonly number[], code: string) {
  const ids = Array.from({ length: count }, () => randomUUID()).sort();
  await refuse(
    refused.map((n) => ids[n] ?? ''),
    code,
  );
  await flow.query(
    `INSERT INTO model_hook_event (id, hook, event, operation, data)
     SELECT id, 'person', 'person.created', 'insert', json_build_object('name', id) FROM unnest($1::uuid[]) id`,
    [ids],
  );
  return ids;
}

const skipped = async () => {
  const rows = await flow.query<{ id: string }>(
    "SELECT id FROM model_hook_event WHERE skipped = 'refused' ORDER BY id",
  );
  return rows.map(({ id }) => id);
};

describe('an event that PostgreSQL refuses to plan', () => {
  it.each([
    { what: 'alone', count: 1, refused: [0] },
    { what: 'first', count: 20, refused: [0] },
    { what: 'last', count: 20, refused: [19] },
    { what: 'among others', count: 300, refused: [137] },
    { what: 'with others like it', count: 50, refused: [0, 1, 2, 24, 49] },
  ])('The other events are sent if it is $what', async ({ count, refused }) => {
    const { receiver } = await flow.listen();
    const ids = await storeEvents(count, refused, '22P05');
    await until('the others are sent', () => receiver.received.length === count - refused.length);
    const wrong = refused.map((n) => ids[n] ?? '');
    await until('the refused ones are marked', async () => (await skipped()).length > 0);
    await flow.hooks.idle();
    expect(await skipped()).toEqual(wrong);
    const names = receiver.received.map(({ body }) => (body as { name: string }).name);
    expect([...names].sort()).toEqual(ids.filter((id) => !wrong.includes(id)));
    expect(errors.map((error) => wrong.find((id) => error.includes(id))).sort()).toEqual(wrong);
  });

  it('The other events of an ordered listener are sent', async () => {
    const { receiver } = await flow.listen(undefined, { ordered: true });
    const ids = await storeEvents(10, [4], '22021');
    await until('the others are sent', () => receiver.received.length === 9);
    expect(await skipped()).toEqual([ids[4]]);
  });

  it('A failure that says nothing about the events skips none of them', async () => {
    const { receiver } = await flow.listen();
    const ids = await storeEvents(3, [1], '53100');
    await until('the failure is logged', () => errors.length > 1);
    expect(await skipped()).toEqual([]);
    await flow.query('DROP TRIGGER refusing ON model_hook_chunk');
    await until('all are sent', () => receiver.received.length === ids.length);
  });
});
