import { is, type ListenerOptions, startsWith } from '../../../lib';
import type { ListenerBuilder } from '../../../lib/listener/declared/builder';
import { type Application, startApplication } from '../../support/application/application';
import { Article } from './article';

const URL = 'https://example.com/hooks';

let application: Application;

beforeAll(async () => {
  application = await startApplication({ entities: [Article], attach: { work: false } });
});
afterAll(() => application.stop());
afterEach(() => application.dataSource.query('DELETE FROM model_hook_listener'));

const find = () => application.hooks.listeners.find();

function listener(options: Partial<ListenerOptions> = {}): ListenerBuilder {
  return application.hooks.for(Article).listener({ url: URL, ...options });
}

describe('the identity of a listener', () => {
  it.each<{ name: string; one: () => ListenerBuilder; same: () => ListenerBuilder }>([
    {
      name: 'conditions in another order',
      one: () => listener().match({ title: 'a', stock: 1 }),
      same: () =>
        listener()
          .match({ stock: 1 })
          .match({ title: is('a') }),
    },
    {
      name: 'an operand with its keys in another order',
      one: () => listener().match({ details: { a: 1, b: { c: 1, d: 2 } } }),
      same: () => listener().match({ details: { b: { d: 2, c: 1 }, a: 1 } }),
    },
    {
      name: 'an exact number written otherwise',
      one: () => listener().match({ price: '1.0' }),
      same: () => listener().match({ price: 1 }),
    },
    {
      name: 'operations in another order',
      one: () => listener().on('insert', 'update'),
      same: () => listener().on('update', 'insert', 'update'),
    },
    {
      name: 'another spelling of the URL',
      one: () => listener({ url: 'https://example.com' }),
      same: () => listener({ url: 'HTTPS://EXAMPLE.com:443/' }),
    },
    {
      name: 'what is no part of the identity',
      one: () => listener({ secret: 'one', headers: { 'X-A': '1' } }),
      same: () => listener({ secret: 'other', config: { a: 1 } }),
    },
    {
      name: 'one owner and key, and all else different',
      one: () => listener({ owner: 'acme', key: 'k' }).match({ title: 'a' }),
      same: () => listener({ owner: 'acme', key: 'k', url: `${URL}/2` }).on('remove'),
    },
  ])('A save finds the same listener by $name', async ({ one, same }) => {
    const first = await one().save();
    expect((await same().save()).id).toBe(first.id);
    expect(await find()).toHaveLength(1);
  });

  it('Listeners that differ in their identity are stored separately', async () => {
    const different = [
      listener(),
      listener({ url: `${URL}/2` }),
      listener({ owner: 'acme' }),
      listener({ owner: 'acme', key: 'a' }),
      listener({ owner: 'acme', key: 'b' }),
      listener({ key: 'a' }),
      listener().match({ title: 'a' }),
      listener().match({ title: 'b' }),
      listener().match({ title: startsWith('a') }),
      listener().on('insert'),
      application.hooks.listen('article.created', URL),
      application.hooks.listen('*', URL),
    ];
    for (const one of different) await one.save();
    expect(await find()).toHaveLength(different.length);
  });
});
