import { type Application, startApplication } from '../../support/application/application';
import { Person, person } from '../../support/entities/person';
import { type Receiver, startReceiver } from '../../support/receivers/receiver';

let application: Application;
let receiver: Receiver;

beforeAll(async () => {
  application = await startApplication({ entities: [Person] });
});
afterAll(() => application?.stop());
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  await application.hooks.idle();
  await application.dataSource.query('DELETE FROM model_hook_listener');
  await receiver.close();
});

async function eventsHeardBy(pattern: string): Promise<readonly unknown[]> {
  const people = application.dataSource.getRepository(Person);
  await application.hooks.listen(pattern, receiver.url).save();
  const joe = await people.save(person());
  await application.hooks.idle();
  await people.save({ id: joe.id, name: 'Jim' });
  await application.hooks.idle();
  return receiver.received.map(({ headers }) => headers['hook-event']);
}

describe('hooks.listen', () => {
  it.each([
    ['person.created', ['person.created']],
    ['*.updated', ['person.updated']],
    ['person.*', ['person.created', 'person.updated']],
    ['*', ['person.created', 'person.updated']],
    ['person.removed', []],
    ['company.*', []],
    ['*.created.twice', []],
  ])('A listener to %s receives the events of the pattern', async (pattern, events) => {
    expect(await eventsHeardBy(pattern)).toEqual(events);
  });

  it("A listener to '*' receives the events of defined hooks, even those without a dot in the name", async () => {
    const shipped = application.hooks.define('shipped', { provides: ['id'] });
    await application.hooks.listen('*', receiver.url).save();
    await shipped.send({ id: 7, secret: 'stays' });
    await application.hooks.idle();
    expect(receiver.received.map(({ body }) => body)).toEqual([{ id: 7 }]);
  });
});
