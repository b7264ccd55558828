import { Flow } from '../../support/application/flow';

const role = `backfill_${process.pid}`;

let flow: Flow;
beforeAll(async () => {
  flow = await Flow.start({ attach: { work: false } });
  await flow.query(`CREATE ROLE ${role};
    GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role}; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ${role}`);
  await flow.savePeople(2, 'Ann');
  await flow.savePeople(2, 'Bob');
});
afterAll(async () => {
  await flow.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  await flow.stop();
});

/** What row security lets the role of the process see. */
const POLICIES = [
  ['no row', []],
  ['some of the rows', [`CREATE POLICY few ON person USING (name = 'Ann')`]],
  ['all rows', ['CREATE POLICY whole ON person USING (true)']],
] as const;

describe('hooks.listeners.backfill with row security', () => {
  it.each(POLICIES)(
    'A backfill is refused while the role sees %s, and stores nothing',
    async (_, policies) => {
      await flow.query('ALTER TABLE person ENABLE ROW LEVEL SECURITY');
      for (const policy of policies) await flow.query(policy);
      const { listener } = await flow.listen();
      const extra = { options: `-c role=${role}` };
      const limited = await Flow.start({
        attach: { work: false },
        url: flow.url,
        dataSource: { extra },
      });
      try {
        await expect(limited.hooks.listeners.backfill(listener.id)).rejects.toMatchObject({
          code: 'BACKFILL_REFUSED',
          message: expect.stringContaining('row security is active'),
        });
        expect((await flow.hooks.deliveries.find({ listener: listener.id })).items).toEqual([]);
      } finally {
        await limited.stop();
        for (const policy of policies)
          await flow.query(`DROP POLICY ${policy.split(' ')[2]} ON person`);
        await flow.query('ALTER TABLE person DISABLE ROW LEVEL SECURITY');
      }
    },
  );

  it('A backfill by the owner of the table, which no policy binds, sends all rows', async () => {
    await flow.query('ALTER TABLE person ENABLE ROW LEVEL SECURITY');
    const { listener } = await flow.listen();
    expect(await flow.hooks.listeners.backfill(listener.id)).toEqual({ count: 4, cursor: null });
    await flow.query('ALTER TABLE person DISABLE ROW LEVEL SECURITY');
  });
});
