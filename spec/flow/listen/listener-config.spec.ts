import { IsInt, IsString } from 'class-validator';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { BackgroundResponse, type HandlerContext, ModelHook } from '../../../lib';
import { Flow } from '../../support/application/flow';

const url = 'https://example.com/hooks';

class MailboxConfig {
  @IsString()
  username!: string;

  @IsInt()
  size = 10;
}

@Entity()
@ModelHook({ provides: ['name'], config: MailboxConfig })
class Mailbox {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: 'varchar' })
  name!: string;
}

let flow: Flow;

beforeAll(async () => {
  flow = await Flow.start({ entities: [Mailbox] });
});
afterEach(() => flow.clear());
afterAll(() => flow?.stop());

const refused = (field: string) => ({
  code: 'LISTENER_INVALID',
  fields: { [field]: [expect.any(String)] },
});

describe('the config of a listener', () => {
  it('It is stored with the defaults of the class of its hook', async () => {
    const config = { username: 'joe' };
    const { id } = await flow.hooks.for(Mailbox).listener({ url, config }).save();
    expect(await flow.hooks.listeners.get(id)).toMatchObject({
      config: { username: 'joe', size: 10 },
    });
  });

  it('A listener whose config the class refuses is not saved', async () => {
    const hook = flow.hooks.for(Mailbox);
    await expect(hook.listener(url).save()).rejects.toMatchObject(refused('config.username'));
    const bad = hook.listener({ url, config: { username: 'joe', size: 'big' } });
    await expect(bad.save()).rejects.toMatchObject(refused('config.size'));
    await expect(flow.hooks.listeners.saveMany([bad])).rejects.toMatchObject(
      refused('config.size'),
    );
    expect(await flow.hooks.listeners.find()).toEqual([]);
  });

  it('An update is validated, too', async () => {
    const config = { username: 'joe' };
    const { id } = await flow.hooks.for(Mailbox).listener({ url, config }).save();
    const updating = flow.hooks.listeners.update(id, { config: { size: 1 } });
    await expect(updating).rejects.toMatchObject(refused('config.username'));
    const changed = await flow.hooks.listeners.update(id, { config: { username: 'ann' } });
    expect(changed.config).toEqual({ username: 'ann', size: 10 });
    const other = await flow.hooks.listeners.update(id, { replies: false });
    expect(other.config).toEqual({ username: 'ann', size: 10 });
  });

  it('A defined hook has a class as well, and a listener by pattern has none', async () => {
    const hook = flow.hooks.define('mail.sent', { provides: ['to'], config: MailboxConfig });
    await expect(hook.listener(url).save()).rejects.toMatchObject(refused('config.username'));
    const { config } = await flow.hooks.listen('mail.sent', url).save();
    expect(config).toEqual({});
  });

  it.each<readonly [string, unknown]>([
    ['an object', {}],
    ['an arrow function', () => ({})],
    ['a class without decorators', class {}],
    ['a text', 'MailboxConfig'],
  ])('A hook whose config is %s is refused', (_name, config) => {
    const options = { provides: ['to'], config: config as typeof MailboxConfig };
    expect(() => flow.hooks.define('refused', options)).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', option: 'config' }),
    );
  });

  it('A handler gets the config of its listener', async () => {
    const contexts: HandlerContext[] = [];
    const handler = flow.hooks.handler('mail', handled(contexts));
    const config = { username: 'joe' };
    const hook = flow.hooks.for(Mailbox);
    const { id } = await hook.listener({ url: handler.target, config }).save();
    const plain = flow.hooks.handler('plain', handled(contexts));
    await flow.hooks.listen('mailbox.*', plain).save();
    await flow.dataSource.manager.save(Object.assign(new Mailbox(), { name: 'Joe' }));
    await flow.hooks.idle();
    await flow.hooks.listeners.test(id);
    const configs = contexts.map((context) => context.config);
    expect(configs).toHaveLength(3);
    expect(configs).toEqual(expect.arrayContaining([{}, { username: 'joe', size: 10 }]));
    expect(configs[2]).toEqual({ username: 'joe', size: 10 });
  });
});

function handled(contexts: HandlerContext[]) {
  return (_event: unknown, context: HandlerContext) => {
    contexts.push(context);
    return BackgroundResponse.done();
  };
}
