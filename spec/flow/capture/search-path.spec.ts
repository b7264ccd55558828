import { Flow } from '../../support/application/flow';
import { Person, person } from '../../support/entities/person';

let flow: Flow;

beforeEach(async () => {
  flow = await Flow.start();
  await flow.query('CREATE SCHEMA tenant');
  await flow.query('CREATE TABLE tenant.person (LIKE public.person INCLUDING ALL)');
});

afterEach(() => flow.stop());

/** What an application may do to the search path of a connection before it writes. */
const PATHS = [
  'SET search_path TO tenant',
  'SET LOCAL search_path TO tenant',
  'SET search_path TO tenant, public',
];

describe('a search path for each tenant', () => {
  it.each(PATHS)('The event of a row is stored in our table after %s', async (path) => {
    const { receiver } = await flow.listen();
    await saveUnder(path);
    await flow.hooks.idle();
    expect(receiver.received).toHaveLength(1);
    expect(await flow.query('SELECT hook FROM public.model_hook_event')).toEqual([
      { hook: 'person' },
    ]);
  });

  it.each(PATHS)('A table of the same name does not get the event after %s', async (path) => {
    await flow.query(
      'CREATE TABLE tenant.model_hook_event (LIKE public.model_hook_event INCLUDING ALL)',
    );
    await saveUnder(path);
    expect(await flow.query('SELECT hook FROM public.model_hook_event')).toEqual([
      { hook: 'person' },
    ]);
    expect(await flow.query('SELECT hook FROM tenant.model_hook_event')).toEqual([]);
  });
});

async function saveUnder(path: string): Promise<void> {
  const runner = flow.dataSource.createQueryRunner();
  await runner.startTransaction();
  try {
    await runner.query(path);
    await runner.manager.save(Person, person());
    await runner.commitTransaction();
  } finally {
    await runner.query('RESET search_path');
    await runner.release();
  }
}
