import 'reflect-metadata';
import { IsEmail, IsInt, IsOptional, IsString, Min, ValidateNested } from 'class-validator';
import fc from 'fast-check';
import { ListenerInvalidError } from '../../../lib';
import type { JsonValue } from '../../../lib/base/json';
import { checkedConfig } from '../../../lib/listener/saved/config';

class Server {
  @IsString()
  host!: string;

  @IsInt()
  @Min(1)
  port = 25;
}

class Mailbox {
  @IsEmail()
  username!: string;

  @IsInt()
  retries = 3;

  @IsOptional()
  @ValidateNested()
  server?: Server;
}

class Relay {
  @ValidateNested()
  server = new Server();
}

Reflect.defineMetadata('design:type', Server, Mailbox.prototype, 'server');

const username = 'joe@example.com';

function failing(of: new () => object, config: object): readonly string[] {
  try {
    checkedConfig(of, config as Record<string, string>);
  } catch (error) {
    expect(error).toBeInstanceOf(ListenerInvalidError);
    return Object.keys((error as ListenerInvalidError).fields);
  }
  return [];
}

describe('checkedConfig', () => {
  it('Initialisers of the class are defaults', () => {
    expect(checkedConfig(Mailbox, { username })).toEqual({ username, retries: 3 });
    expect(checkedConfig(Mailbox, { username, retries: 0 })).toEqual({ username, retries: 0 });
  });

  it.each<readonly [string, new () => object, object, readonly string[]]>([
    ['an empty object', Mailbox, {}, ['config.username']],
    ['a malformed member', Mailbox, { username: 'joe' }, ['config.username']],
    ['two malformed members', Mailbox, { retries: '1' }, ['config.username', 'config.retries']],
    ['an unknown member', Mailbox, { username, user: 'x' }, ['config.user']],
    ['a nested member', Relay, { server: { host: 1 } }, ['config.server.host']],
    ['a nested unknown member', Relay, { server: { host: 'h', x: 1 } }, ['config.server.x']],
    ['a text in place of an object', Relay, { server: 'x' }, ['config.server']],
    ['a missing nested object', Relay, {}, ['config.server.host']],
    [
      'an optional object',
      Mailbox,
      { username, server: { port: 0 } },
      ['config.server.host', 'config.server.port'],
    ],
    ['a member named constructor', Mailbox, { username, constructor: {} }, ['config']],
    ['a prototype', Mailbox, JSON.parse('{"__proto__":{"username":1}}'), ['config']],
    ['a nested prototype', Relay, { server: JSON.parse('{"__proto__":{}}') }, ['config']],
  ])('A config is refused for %s, by its path', (_name, of, config, fields) => {
    expect([...failing(of, config)].sort()).toEqual([...fields].sort());
  });

  it('Nested objects of a class get their defaults too', () => {
    const server = { host: 'mail' };
    expect(checkedConfig(Relay, { server })).toEqual({ server: { host: 'mail', port: 25 } });
    expect(checkedConfig(Mailbox, { username, server })).toMatchObject({ server: { port: 25 } });
  });

  it('A value in an error is not repeated', () => {
    const save = () => checkedConfig(Mailbox, { username: 'a secret' });
    expect(save).toThrow(expect.objectContaining({ message: expect.not.stringMatching(/secret/) }));
  });

  it('What it accepts, it accepts again without a change', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 2 }), fc.integer(), (value, retries) => {
        const given = { username, retries, server: value as JsonValue };
        if (failing(Mailbox, given).length > 0) return;
        const once = checkedConfig(Mailbox, given);
        expect(checkedConfig(Mailbox, once)).toEqual(once);
      }),
    );
  });
});
