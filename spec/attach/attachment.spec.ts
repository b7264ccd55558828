import { type AttachOptions, ModelHooks } from '../../lib';
import { Flow } from '../support/application/flow';

let flow: Flow;
afterEach(() => flow.stop());

describe('an attachment', () => {
  it('A process is stored while it is attached, and once after it is attached again', async () => {
    await start();
    expect(await processes()).toHaveLength(1);
    await flow.hooks.detach();
    expect(await processes()).toEqual([]);
    expect(await ModelHooks.attach(flow.dataSource)).toBe(flow.hooks);
    expect(await processes()).toHaveLength(1);
  });

  it('Each initialisation of the DataSource has a session of its own', async () => {
    await start();
    const [first] = await processes();
    await flow.dataSource.destroy();
    await flow.dataSource.initialize();
    const [second, ...others] = await processes();
    expect(others).toEqual([]);
    expect(second).not.toBe(first);
  });

  it.each<AttachOptions>([{}, { work: false }, { dispatcher: 'disabled' }])(
    'Attaching again adds no subscribers twice with %p',
    async (attach) => {
      await start(attach);
      const before = flow.dataSource.subscribers.length;
      await flow.hooks.detach();
      await ModelHooks.attach(flow.dataSource);
      expect(flow.dataSource.subscribers).toHaveLength(before);
    },
  );

  it('A detached process captures changes, also after the DataSource is initialised again', async () => {
    await start();
    await flow.hooks.detach();
    await flow.savePeople(1);
    await flow.dataSource.destroy();
    await flow.dataSource.initialize();
    await flow.savePeople(1);
    await flow.hooks.idle();
    expect(await flow.pendingEvents()).toBe(2);
    expect(await processes()).toEqual([]);
  });
});

async function start(attach: AttachOptions = {}): Promise<void> {
  flow = await Flow.start({ attach });
}

async function processes(): Promise<readonly string[]> {
  const rows = await flow.query<{ id: string }>('SELECT id FROM model_hook_process');
  return rows.map(({ id }) => id);
}
