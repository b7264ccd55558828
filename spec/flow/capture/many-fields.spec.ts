import { EntitySchema } from 'typeorm';
import { ModelHook } from '../../../lib';
import { ReceivingFlow } from '../../support/application/receiving-flow';

const COUNT = 130;
const NAMES = Array.from({ length: COUNT }, (_, n) => `field${n}`);
/** More columns than one function of PostgreSQL has arguments for. */
const Wide = new EntitySchema<Record<string, unknown>>({
  name: 'wide',
  columns: {
    id: { type: 'int', primary: true, generated: true },
    document: { type: 'json', nullable: true },
    address: { type: 'inet', nullable: true },
    ...Object.fromEntries(NAMES.map((name) => [name, { type: 'varchar', nullable: true }])),
  },
} as never);
ModelHook({ provides: '*' })(Wide as never);
const loud = (row: Record<string, unknown>) => `${row.field0}!`;
ModelHook({ name: 'computing', provides: ['document', 'field0'], compute: { loud } } as never)(
  Wide as never,
);

let flow: ReceivingFlow;
beforeAll(async () => {
  flow = await ReceivingFlow.start({ entities: [Wide] as never });
  await flow.hooks
    .get('wide')
    .listener({ url: flow.receiver.url, format: 'envelope', key: 'ip' })
    .match({ address: '10.0.0.1' } as never)
    .save();
});
afterAll(() => flow.stop());
beforeEach(() => flow.forget());

/** JSON that a column of type `json` holds, and `jsonb` refuses. */
const DOCUMENTS: Readonly<Record<string, string>> = {
  'an escaped NUL': '{"a":"x\\u0000y"}',
  'half a surrogate pair': '{"a":"\\ud800"}',
  'an escaped NUL in a key': '{"\\u0000":1}',
  'a key that stands twice': '{"a":1,"a":2}',
  'a number beyond numeric': '1e400000',
};

describe('an event of more than a hundred fields', () => {
  it.each(Object.keys(DOCUMENTS))(
    'A row with %s in its JSON is saved, updated and removed, with its events',
    async (name) => {
      const repository = flow.dataSource.getRepository(Wide);
      await flow.query('DELETE FROM wide');
      await flow.query(`ALTER TABLE wide ALTER document SET DEFAULT '${DOCUMENTS[name]}'`);
      const row = await repository.save({ field0: 'a', field129: 'z' });
      await repository.save({ id: row.id, field0: 'b' });
      await repository.remove({ ...row });
      const told = await flow.received();
      expect(told.map(({ event }) => event).sort()).toEqual([
        'computing.created',
        'computing.removed',
        'computing.updated',
        'wide.created',
        'wide.removed',
        'wide.updated',
      ]);
      const document = JSON.parse(JSON.stringify(JSON.parse(DOCUMENTS[name] ?? '')));
      for (const { data } of told) expect(data.document).toEqual(document);
      expect(told.find(({ event }) => event === 'wide.updated')).toMatchObject({
        data: { field0: 'b', field129: 'z' },
        previous: { field0: 'a' },
        changed: ['field0'],
      });
    },
  );

  it('A filter on an address compares it as find() gives it', async () => {
    const repository = flow.dataSource.getRepository(Wide);
    for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.1/24'])
      await repository.save({ address });
    const addresses = (await flow.received())
      .filter(({ event }) => event === 'wide.created')
      .map(({ data }) => data.address);
    expect(addresses.sort()).toEqual(['10.0.0.1', '10.0.0.1', '10.0.0.1/24', '10.0.0.2']);
  });
});
