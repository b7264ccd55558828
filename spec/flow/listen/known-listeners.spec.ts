import { startsWith } from '../../../lib';
import { Flow } from '../../support/application/flow';
import { Person } from '../../support/entities/person';

let flow: Flow;
beforeAll(async () => {
  flow = await Flow.start();
});
afterEach(() => flow.clear());
afterAll(() => flow.stop());

const URL_OF = 'http://127.0.0.1:9/known';

describe("save({ ifExists: 'reject' })", () => {
  it('A listener that exists is not changed, and the error names it', async () => {
    const builder = (replies: boolean) => flow.hooks.for(Person).listener({ url: URL_OF, replies });
    const first = await builder(true).save({ ifExists: 'reject' });
    await expect(builder(false).save({ ifExists: 'reject' })).rejects.toMatchObject({
      code: 'LISTENER_EXISTS',
      listener: first.id,
    });
    expect((await flow.hooks.listeners.get(first.id))?.replies).toBe(true);
    expect((await builder(false).save({ ifExists: 'update' })).replies).toBe(false);
  });

  it('One of several saves at the same time creates the listener', async () => {
    const saves = Array.from({ length: 8 }, () =>
      flow.hooks.for(Person).listener(URL_OF).save({ ifExists: 'reject' }),
    );
    const ended = await Promise.allSettled(saves);
    const created = ended.filter(({ status }) => status === 'fulfilled');
    const refused = ended.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []));
    expect([created.length, refused]).toEqual([1, Array(7).fill('LISTENER_EXISTS')]);
  });

  it('Another word is refused', async () => {
    const save = flow.hooks
      .for(Person)
      .listener(URL_OF)
      .save({ ifExists: 'ignore' as never });
    await expect(save).rejects.toMatchObject({ code: 'OPTION_INVALID', option: 'ifExists' });
  });
});

describe('functions that see a listener before it changes', () => {
  const no = new RangeError('no');

  it('`update` applies what the function returns, and nothing if it throws', async () => {
    const { id } = await flow.listenAt('http://127.0.0.1:9');
    await flow.hooks.listeners.update(id, ({ target }) => ({ url: `${target}/2` }));
    const throwing = flow.hooks.listeners.update(id, () => {
      throw no;
    });
    await expect(throwing).rejects.toBe(no);
    expect((await flow.hooks.listeners.get(id))?.target).toBe('http://127.0.0.1:9/hook/2');
  });

  it('Updates by a function see each other', async () => {
    const { id } = await flow.listenAt('http://127.0.0.1:9', { config: { count: 0 } });
    const count = () =>
      flow.hooks.listeners.update(id, ({ config }) => ({
        config: { count: Number(config.count) + 1 },
      }));
    await Promise.all(Array.from({ length: 10 }, count));
    expect((await flow.hooks.listeners.get(id))?.config).toEqual({ count: 10 });
  });

  it('A function that returns no changes is refused', async () => {
    const { id } = await flow.listenAt('http://127.0.0.1:9');
    const update = flow.hooks.listeners.update(id, () => 3 as never);
    await expect(update).rejects.toMatchObject({ code: 'OPTION_INVALID', option: 'changes' });
  });

  it('`remove` keeps the listener if the function throws', async () => {
    const { id } = await flow.listenAt('http://127.0.0.1:9');
    const seen: string[] = [];
    const throwing = flow.hooks.listeners.remove(id, (listener) => {
      seen.push(listener.id);
      throw no;
    });
    await expect(throwing).rejects.toBe(no);
    expect(seen).toEqual([id]);
    expect(await flow.hooks.listeners.remove(id, () => undefined)).toBe(true);
    expect(await flow.hooks.listeners.remove(id)).toBe(false);
  });
});

describe('explain() of a builder', () => {
  it('The answer is that of the listener that would be saved', async () => {
    const event = {
      name: 'person.created',
      hook: 'person',
      operation: 'insert',
      data: { name: 'Joe' },
    };
    const builder = (prefix: string) =>
      flow.hooks
        .for(Person)
        .listener(URL_OF)
        .match({ name: startsWith(prefix) });
    const [fits, not] = [
      await flow.hooks.listeners.explain(event as never, builder('J')),
      await flow.hooks.listeners.explain(event as never, builder('A')),
    ];
    expect([fits.matches, not.matches]).toEqual([true, false]);
    expect(not.reasons.filter(({ holds }) => !holds)).toMatchObject([
      { what: 'filter', actual: 'Joe' },
    ]);
    expect(await flow.hooks.listeners.find()).toEqual([]);
  });

  it('A builder that could not be saved is refused', async () => {
    const event = { name: 'person.created', hook: 'person', operation: 'insert', data: {} };
    const builder = flow.hooks.get('person').listener(URL_OF).match({ nothing: 1 });
    await expect(flow.hooks.listeners.explain(event as never, builder)).rejects.toMatchObject({
      code: 'FILTER_FIELD_NOT_PROVIDED',
    });
  });
});

describe('deliveries.request()', () => {
  it('The request is the one that was sent, without secret headers', async () => {
    const { listener, receiver } = await flow.listen(undefined, {
      headers: { 'X-Open': 'seen', 'X-Hidden': { secret: 'swordfish' } },
      format: 'envelope',
    });
    await flow.savePeople(1, 'Joe');
    await flow.hooks.idle();
    const { id } = await flow.deliveryOf(listener.id);
    const [received] = receiver.received;
    const { connection, host, 'content-length': _length, ...sent } = received?.headers ?? {};
    expect(await flow.hooks.deliveries.request(id)).toEqual({
      method: 'POST',
      url: `${receiver.url}/hook`,
      headers: { ...sent, 'x-hidden': '[secret]' },
      body: received?.raw.toString(),
    });
    expect([connection, host]).not.toContain(undefined);
  });

  it('There is none for what is not stored, and for a handler', async () => {
    expect(await flow.hooks.deliveries.request('nothing')).toBeNull();
    const audit = flow.hooks.handler('audit', () => ({ status: 'success' }) as never);
    const listener = await flow.hooks.for(Person).listener(audit).save();
    await flow.savePeople(1);
    await flow.hooks.idle();
    const { id } = await flow.deliveryOf(listener.id);
    expect(await flow.hooks.deliveries.request(id)).toBeNull();
    await flow.hooks.listeners.remove(listener.id);
    expect(await flow.hooks.deliveries.request(id)).toBeNull();
  });
});
