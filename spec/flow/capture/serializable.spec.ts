import { EntitySchema } from 'typeorm';
import { ModelHook } from '../../../lib';
import { StoredFlow } from '../../support/application/stored-flow';

interface Row {
  readonly id: number;
  readonly label: string;
}

/** A class with a hook whose events are copied, one that computes, one whose events are merged, and one that is not hooked. */
const entities = ['copied', 'computed', 'merged', 'plain'].map((name) => {
  const schema = new EntitySchema<Row>({
    name,
    tableName: name,
    columns: {
      id: { type: 'int', primary: true, generated: true },
      label: { type: 'varchar' },
      full: {
        type: 'varchar',
        generatedType: 'STORED',
        asExpression: `label || '.'`,
        nullable: true,
      },
    } as never,
  });
  const compute = { loud: (row: Row) => `${row.label}!` };
  if (name !== 'plain')
    ModelHook({
      provides: '*',
      ...(name === 'computed' && { compute }),
      ...(name === 'merged' && { coalesce: 'transaction' }),
    } as never)(schema as never);
  return schema;
});

let flow: StoredFlow;
beforeAll(async () => {
  flow = await StoredFlow.start({ entities: entities as never, dataSource: { poolSize: 10 } });
});
afterAll(() => flow.stop());
beforeEach(() => flow.forget());

/** Inserts rows in serializable transactions that overlap, and counts those that fail for another's sake. */
async function conflicts(entity: string): Promise<number> {
  let count = 0;
  const insert = async (n: number): Promise<void> => {
    const barrier = new Promise((resolve) => setImmediate(resolve));
    await flow.dataSource
      .transaction('SERIALIZABLE', async (manager) => {
        await manager.save(entity, { label: `row ${n}` });
        await barrier;
      })
      .catch((error: { readonly code?: string }) => {
        if (error.code !== '40001') throw error;
        count += 1;
      });
  };
  for (let round = 0; round < 18; round += 1)
    await Promise.all(Array.from({ length: 10 }, (_, n) => insert(round * 10 + n)));
  return count;
}

describe('serializable transactions', () => {
  it.each(['plain', 'copied', 'computed', 'merged'])(
    'Serializable transactions that insert their own rows do not fail for each other: %s',
    async (entity) => {
      expect(await conflicts(entity)).toBe(0);
      const events = await flow.stored(entity);
      expect(events).toHaveLength(entity === 'plain' ? 0 : 180);
      for (const { data } of events)
        expect(data).toMatchObject({ id: expect.any(Number), full: `${data.label}.` });
    },
  );
});
