import type { ListenerChanges, ListenerOptions, ModelHooks } from 'typeorm-model-hooks';
import { type Application, startApplication } from '../../support/application/application';
import { Person } from '../../support/entities/person';
import { answering } from '../../support/receivers/answers';
import { type Receiver, startReceiver } from '../../support/receivers/receiver';

let application: Application;
let hooks: ModelHooks;
let receiver: Receiver;

beforeAll(async () => {
  application = await startApplication({ entities: [Person] });
  hooks = application.hooks;
});
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  for (const { id } of await hooks.listeners.find()) await hooks.listeners.remove(id);
  await receiver.close();
  // Whatever was tried.
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  expect(Object.getPrototypeOf({})).toBe(Object.prototype);
});
afterAll(() => application.stop());

/** With own members that an assignment would take for the prototype, as a request's body may have. */
function parsed<T>(members: object, evil: string): T {
  return JSON.parse(`${JSON.stringify(members).slice(0, -1)},${evil}}`);
}

const EVIL = [
  '"__proto__":{"polluted":true}',
  '"__proto__":{"digest":"sha1","secret":"known to all"}',
  '"__proto__":null',
  '"constructor":{"prototype":{"polluted":true}}',
  '"constructor":null',
];

const listener = (options: ListenerOptions) => hooks.for(Person).listener(options);
const save = (options: ListenerOptions) => listener(options).save();

describe.each(EVIL)('parsed JSON with %s', (evil) => {
  it('Parsed JSON with a special key is refused as options', async () => {
    const saving = save(parsed({ url: receiver.url }, evil));
    const key = evil.includes('__proto__') ? '__proto__' : 'constructor';
    await expect(saving).rejects.toMatchObject({ code: 'LISTENER_INVALID' });
    const error = await saving.catch((reason) => reason);
    expect(Object.keys(error.fields)).toEqual([key]);
  });

  it('Parsed JSON with a special key does not hide another invalid option', async () => {
    const options = parsed<ListenerOptions>({ url: receiver.url, headers: { Host: 'x' } }, evil);
    await expect(save(options)).rejects.toMatchObject({ code: 'LISTENER_INVALID' });
    expect(await hooks.listeners.find()).toEqual([]);
  });

  it('Parsed JSON with a special key is refused as delivery options', async () => {
    const saving = save({ url: receiver.url, delivery: parsed({ retries: 1 }, evil) });
    await expect(saving).rejects.toMatchObject({ fields: { delivery: [expect.any(String)] } });
  });

  it('Parsed JSON with a special key is refused as headers', async () => {
    const saving = save({ url: receiver.url, headers: parsed({ 'X-A': '1' }, evil) });
    await expect(saving).rejects.toMatchObject({ fields: { headers: [expect.any(String)] } });
  });

  it('Parsed JSON with a special key is stored unchanged in config', async () => {
    const config = parsed<{ a: number }>({ a: 1 }, evil);
    const { id } = await save({ url: receiver.url, config });
    const read = await hooks.listeners.get(id);
    expect(JSON.stringify(read?.config)).toBe(JSON.stringify(config));
    expect(Object.getPrototypeOf(read?.config)).toBe(Object.prototype);
  });

  it('Parsed JSON with a special key is refused as a filter because it names an unknown field', async () => {
    const saving = listener({ url: receiver.url })
      .match(parsed({ name: 'Joe' }, evil))
      .save();
    await expect(saving).rejects.toMatchObject({ code: 'FILTER_FIELD_NOT_PROVIDED' });
  });

  it('Parsed JSON with a special key is a plain value as an operand, not a matcher', async () => {
    const defined = hooks.define(`of.${Math.random()}`, { provides: ['a'] });
    const value = parsed<{ operator: string }>({ operator: 'any', operand: null }, evil);
    await defined.listener(receiver.url).match({ a: value }).save();
    await defined.send({ a: { operator: 'any', operand: null } });
    await defined.send({ a: value });
    await hooks.idle();
    const texts = receiver.received.map(({ raw }) => raw.toString());
    expect(texts).toEqual([JSON.stringify({ a: value })]);
  });

  it('Parsed JSON with a special key does not change a listener through update()', async () => {
    const { id } = await save({ url: receiver.url });
    const before = await hooks.listeners.get(id);
    const changing = hooks.listeners.update(
      id,
      parsed<ListenerChanges>({ digest: 'sha512' }, evil),
    );
    // A null takes an option back; there is none of that name.
    if (evil.endsWith(':null')) await changing;
    else await expect(changing).rejects.toMatchObject({ code: 'LISTENER_INVALID' });
    const unchanged = { ...before, digest: expect.any(String), updatedAt: expect.any(Date) };
    expect(await hooks.listeners.get(id)).toEqual(unchanged);
  });

  it('Parsed JSON with a special key is refused by find()', async () => {
    const finding = hooks.listeners.find(parsed({ active: true }, evil));
    await expect(finding).rejects.toMatchObject({ code: 'OPTION_INVALID' });
  });

  it('Parsed JSON with a special key has no effect as a reply', async () => {
    const body = `{"retval":1,${evil},"__proto__":{"status":"failure","reason":"polluted"}}`;
    const replying = await startReceiver((_request, response) => response.end(body));
    const { id } = await save({ url: replying.url });
    await application.dataSource.manager.save(Object.assign(new Person(), { name: 'Joe' }));
    await hooks.idle();
    const { items } = await hooks.deliveries.find({ listener: id });
    expect(items).toMatchObject([{ status: 'done', reason: null }]);
    await replying.close();
  });

  it('Parsed JSON with a special key is stored unchanged in a retval', async () => {
    const retval = parsed({ a: 1 }, evil);
    const replying = await startReceiver(answering({ body: { status: 'success', retval } }));
    const { id } = await save({ url: replying.url });
    await application.dataSource.manager.save(Object.assign(new Person(), { name: 'Joe' }));
    await hooks.idle();
    const { items } = await hooks.deliveries.find({ listener: id });
    const kept = await hooks.deliveries.get(items[0]?.id ?? '');
    expect(JSON.stringify(kept?.retval)).toBe(JSON.stringify(retval));
    await replying.close();
  });
});

describe('options', () => {
  it('Inherited properties are not options', async () => {
    const inherited = { secret: 'known to all', headers: { Host: 'evil' }, config: { n: 1n } };
    const options = Object.assign(Object.create(inherited), { url: receiver.url });
    const { secret, headers, config } = await save(options);
    expect(secret).toMatch(/^whsec_/);
    expect({ headers, config }).toEqual({ headers: {}, config: {} });
  });

  it('Options are read when they are given', async () => {
    const options = { url: receiver.url, headers: { 'X-A': '1' } as Record<string, string> };
    const builder = listener(options);
    options.url = 'http://evil.example';
    expect(await builder.save()).toMatchObject({ target: receiver.url });
  });
});
