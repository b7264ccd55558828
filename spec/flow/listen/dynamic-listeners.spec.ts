import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { type HookEvent, ModelHook } from '../../../lib';
import { type Application, startApplication } from '../../support/application/application';
import { type Receiver, startReceiver } from '../../support/receivers/receiver';

@Entity()
@ModelHook({
  provides: ['name', 'callback'],
  resolve: ({ data }: HookEvent) =>
    String(data.callback ?? '')
      .split(' ')
      .filter(Boolean),
})
class Job {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;

  @Column({ type: 'varchar', nullable: true })
  callback!: string | null;
}

let receiver: Receiver;
let application: Application;
const errors: string[] = [];

beforeEach(async () => {
  receiver = await startReceiver();
  errors.length = 0;
  const quiet = { debug: () => {}, info: () => {}, warn: () => {} };
  application = await startApplication({
    entities: [Job],
    attach: { logger: { ...quiet, error: (message) => errors.push(message) } },
  });
});
afterEach(async () => {
  await application.stop();
  await receiver.close();
});

async function save(...jobs: Partial<Job>[]): Promise<void> {
  const rows = jobs.map((job) => Object.assign(new Job(), { name: 'a' }, job));
  await application.dataSource.getRepository(Job).save(rows);
  await application.hooks.idle();
}

describe('the targets that a hook resolves', () => {
  it('Resolved targets receive their event even if no listener is saved', async () => {
    await save({ name: 'one', callback: `${receiver.url}/one` }, { name: 'none' });
    await save({ name: 'two', callback: `${receiver.url}/two ${receiver.url}/three` });
    const told = receiver.received.map(({ path, body }) => [path, (body as Job).name]);
    expect(told.toSorted()).toEqual([
      ['/one', 'one'],
      ['/three', 'two'],
      ['/two', 'two'],
    ]);
  });

  it('Resolved targets receive the event in addition to the listeners, each once', async () => {
    await application.hooks.for(Job).listener(`${receiver.url}/listener`).save();
    await save({ callback: `${receiver.url}/twice ${receiver.url}/twice` });
    expect(receiver.received.map(({ path }) => path).toSorted()).toEqual(['/listener', '/twice']);
  });

  it('A resolved target keeps one listener with its secret, which receives no other events', async () => {
    await save({ callback: `${receiver.url}/same` });
    await save({ callback: `${receiver.url}/same` });
    await save({ name: 'without' });
    const subscriptions = receiver.received.map(({ headers }) => headers['hook-subscription']);
    expect(subscriptions).toHaveLength(2);
    expect(new Set(subscriptions).size).toBe(1);
    const [listener] = await application.hooks.listeners.find();
    expect(listener).toMatchObject({ id: subscriptions[0], dynamic: true, hook: 'job' });
    expect(await application.hooks.listeners.stale()).toEqual([]);
  });

  it('Resolved targets that are not allowed are left out, and the others receive the event', async () => {
    await save({ callback: `http://10.0.0.1/ ${receiver.url}/allowed nowhere` });
    expect(receiver.received.map(({ path }) => path)).toEqual(['/allowed']);
    expect(errors).toHaveLength(2);
  });
});
