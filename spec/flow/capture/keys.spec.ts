import { EntitySchema } from 'typeorm';
import { ModelHook } from '../../../lib';
import { ReceivingFlow } from '../../support/application/receiving-flow';

/** Types that a primary key may have, each with a value as an application writes it. */
const KEYS: Readonly<
  Record<string, { readonly value: unknown; readonly length?: number; readonly enum?: string[] }>
> = {
  smallint: { value: 7 },
  int: { value: 7 },
  bigint: { value: '9007199254740993' },
  decimal: { value: '1.50' },
  real: { value: 1.5 },
  'double precision': { value: 0.1 },
  boolean: { value: true },
  varchar: { value: 'a "b" \\ ü' },
  text: { value: "it's" },
  char: { value: 'ab', length: 5 },
  uuid: { value: '6F9619FF-8B86-D011-B42D-00C04FC964FF' },
  date: { value: '2024-02-29' },
  time: { value: '12:30' },
  timestamp: { value: new Date('2024-02-29T12:34:56.789Z') },
  timestamptz: { value: new Date('2024-02-29T12:34:56.789Z') },
  enum: { value: 'two words', enum: ['one', 'two words'] },
  bytea: { value: Buffer.from([0, 255, 7]) },
  inet: { value: '10.0.0.1' },
};
const entityOf = (type: string): string => `Keyed${type.replaceAll(' ', '')}`;
const entities = Object.entries(KEYS).map(([type, { value: _, ...options }]) => {
  const schema = new EntitySchema<{ id: unknown; label: string }>({
    name: entityOf(type),
    columns: {
      id: { type: type as 'int', primary: true, ...options },
      label: { type: 'varchar' },
    },
  });
  ModelHook({ provides: ['label'] })(schema as EntitySchema);
  return schema as EntitySchema;
});

let flow: ReceivingFlow;
beforeAll(async () => {
  flow = await ReceivingFlow.start({ entities });
});
afterAll(() => flow.stop());
beforeEach(() => flow.forget());

describe('a row with a key of any type', () => {
  it.each(Object.keys(KEYS))(
    'A row with a key of type %s has an event when it is inserted, updated and removed',
    async (type) => {
      const repository = flow.dataSource.getRepository(entityOf(type));
      await repository.save({ id: KEYS[type]?.value, label: 'one' });
      const stored = await repository.findOneByOrFail({ label: 'one' });
      await repository.save({ ...stored, label: 'two' });
      await repository.remove(await repository.findOneByOrFail({ label: 'two' }));
      const told = await flow.received();
      expect(told.map(({ operation, data }) => [operation, data.label])).toEqual([
        ['insert', 'one'],
        ['update', 'two'],
        ['remove', 'two'],
      ]);
    },
  );
});
