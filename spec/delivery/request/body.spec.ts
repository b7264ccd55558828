import fc from 'fast-check';
import type { JsonRecord } from '../../../lib/base/json';
import { body } from '../../../lib/delivery/request/body';
import type { HookEvent } from '../../../lib/hook/event';
import type { Field } from '../../../lib/hook/field';
import { defineHook, type Hook } from '../../../lib/hook/hook';
import type { BodyFormat } from '../../../lib/options/body-format';

/** A hook whose fields may be ids of relations: `{ 'author.id': 'author' }`. */
function hookOf(data: JsonRecord, relations: Readonly<Record<string, string>> = {}): Hook {
  const paths = Object.keys(data);
  const fields = paths.map((path): [string, Field] => [
    path,
    {
      path,
      kind: 'unknown',
      column: null,
      relation: Object.hasOwn(relations, path) ? (relations[path] ?? null) : null,
      related: null,
    },
  ]);
  return { ...defineHook('person', { provides: paths }), fields: new Map(fields) };
}

function event(values: Partial<HookEvent> = {}): HookEvent {
  return {
    id: '0198a000-0000-7000-8000-000000000001',
    hook: 'person',
    name: 'person.updated',
    operation: 'update',
    ref: 'https://example.com/people/1',
    sender: 'acme',
    headers: { 'X-A': 'not in a body' },
    occurredAt: new Date('2026-01-02T03:04:05.006Z'),
    data: { name: 'Joe', 'home.city': 'Rome', 'author.id': null },
    previous: { name: 'Jo', 'home.city': 'Rome', 'author.id': '7' },
    changed: ['name', 'author.id'],
    ...values,
  };
}

const relations = { 'author.id': 'author' };

function json(told: HookEvent, format: BodyFormat, hook = hookOf(told.data, relations)): unknown {
  return JSON.parse(body(told, hook, { format, contentType: 'application/json' }));
}

function form(told: HookEvent, format: BodyFormat): Record<string, string> {
  const contentType = 'application/x-www-form-urlencoded';
  return Object.fromEntries(
    new URLSearchParams(body(told, hookOf(told.data, relations), { format, contentType })),
  );
}

describe('body', () => {
  const nested = { name: 'Joe', home: { city: 'Rome' }, author: null };
  const timestamp = '2026-01-02T03:04:05.006Z';

  it('The format `fields` has the provided fields at top level', () => {
    expect(json(event(), 'fields')).toEqual(nested);
    expect(form(event(), 'fields')).toEqual({ name: 'Joe', 'home.city': 'Rome', 'author.id': '' });
  });

  it('The format `envelope` contains all parts of the event', () => {
    expect(json(event(), 'envelope')).toEqual({
      id: '0198a000-0000-7000-8000-000000000001',
      event: 'person.updated',
      operation: 'update',
      ref: 'https://example.com/people/1',
      sender: 'acme',
      timestamp,
      data: nested,
      previous: { name: 'Jo', home: { city: 'Rome' }, author: { id: '7' } },
      changed: ['name', 'author.id'],
    });
  });

  it('The format `envelope` has null for missing parts', () => {
    const sent = event({ operation: null, ref: null, sender: null, previous: null, changed: [] });
    expect(json(sent, 'envelope')).toMatchObject({
      operation: null,
      ref: null,
      sender: null,
      previous: null,
      changed: [],
    });
  });

  it('An envelope as a form has dotted keys', () => {
    expect(form(event(), 'envelope')).toEqual({
      id: '0198a000-0000-7000-8000-000000000001',
      event: 'person.updated',
      operation: 'update',
      ref: 'https://example.com/people/1',
      sender: 'acme',
      timestamp,
      'data.name': 'Joe',
      'data.home.city': 'Rome',
      'data.author.id': '',
      'previous.name': 'Jo',
      'previous.home.city': 'Rome',
      'previous.author.id': '7',
      changed: '["name","author.id"]',
    });
    expect(form(event({ previous: null }), 'envelope')).toMatchObject({ previous: '' });
  });

  it('The format `standard` follows Standard Webhooks', () => {
    expect(json(event(), 'standard')).toEqual({ type: 'person.updated', timestamp, data: nested });
    expect(form(event(), 'standard')).toEqual({
      type: 'person.updated',
      timestamp,
      'data.name': 'Joe',
      'data.home.city': 'Rome',
      'data.author.id': '',
    });
  });

  it('The format `cloudevents` is a structured CloudEvent 1.0', () => {
    expect(json(event(), 'cloudevents')).toEqual({
      specversion: '1.0',
      id: '0198a000-0000-7000-8000-000000000001',
      type: 'person.updated',
      source: 'https://example.com/people/1',
      sender: 'acme',
      time: timestamp,
      datacontenttype: 'application/json',
      data: nested,
    });
  });

  it('The context is in an envelope, and as a text in a CloudEvent; without one it is null, or absent', () => {
    const context = { actor: 'u-7', roles: ['admin'] };
    expect(json(event({ context }), 'envelope')).toMatchObject({ context });
    expect(json(event({ context }), 'cloudevents')).toMatchObject({
      context: JSON.stringify(context),
    });
    expect(json(event(), 'cloudevents')).not.toHaveProperty('context');
    expect(form(event({ context }), 'envelope')).toMatchObject({
      context: JSON.stringify(context),
    });
  });

  it('The formats `fields` and `standard` hold the context only if the hook asks for it', () => {
    const told = event({ context: { actor: 'u-7' } });
    const plain = hookOf(told.data, relations);
    const asking = { ...plain, declared: { ...plain.declared, context: true } };
    for (const format of ['fields', 'standard'] as const) {
      expect(json(told, format)).not.toHaveProperty('context');
      expect(json(told, format, asking)).toHaveProperty('context', { actor: 'u-7' });
      expect(json(event(), format, asking)).toHaveProperty('context', null);
    }
  });

  it.each(['context', 'context.room'])(
    'The provided field `%s` takes the place of the context in `fields`',
    (path) => {
      const told = event({ data: { [path]: 'own' }, context: { actor: 'u-7' } });
      const plain = hookOf(told.data);
      const asking = { ...plain, declared: { ...plain.declared, context: true } };
      expect(json(told, 'fields', asking)).toEqual(json(told, 'fields', plain));
    },
  );

  it('A CloudEvent without `ref` gets a source, and without sender has none', () => {
    const cloudEvent = json(event({ ref: null, sender: null, hook: 'order line' }), 'cloudevents');
    expect(cloudEvent).toMatchObject({ source: 'urn:hook:order%20line' });
    expect(cloudEvent).not.toHaveProperty('sender');
  });

  it('A form contains scalars as text, lists and objects as JSON, and null as an empty text', () => {
    const data = { a: null, b: true, c: 1.5, d: ['x', 1], e: { f: null }, g: 'ä & b=c', h: '' };
    expect(form(event({ data }), 'fields')).toEqual({
      a: '',
      b: 'true',
      c: '1.5',
      d: '["x",1]',
      e: '{"f":null}',
      g: 'ä & b=c',
      h: '',
    });
  });

  it.each<{ name: string; data: JsonRecord; sent: object }>([
    { name: 'with an id', data: { 'author.id': 7 }, sent: { author: { id: 7 } } },
    { name: 'with the id 0', data: { 'author.id': 0 }, sent: { author: { id: 0 } } },
    { name: 'without', data: { 'author.id': null }, sent: { author: null } },
    {
      name: 'whose key has two columns',
      data: { 'author.id': 7, 'author.region': null },
      sent: { author: { id: 7, region: null } },
    },
    {
      name: 'whose key has two columns, without',
      data: { 'author.id': null, 'author.region': null },
      sent: { author: null },
    },
    {
      name: 'inside an embedded object',
      data: { 'home.owner.id': null, 'home.city': 'Rome' },
      sent: { home: { owner: null, city: 'Rome' } },
    },
  ])('A relation $name is nested', ({ data, sent }) => {
    const owners = Object.keys(data).map((path) => [path, path.replace(/\.\w+$/, '')] as const);
    const idsOnly = owners.filter(([path]) => path !== 'home.city');
    const hook = hookOf(data, Object.fromEntries(idsOnly));
    expect(json(event({ data }), 'fields', hook)).toEqual(sent);
  });

  it('A null in an embedded object stays null', () => {
    const data = { 'home.city': null };
    expect(json(event({ data }), 'fields')).toEqual({ home: { city: null } });
  });

  it('The key "__proto__" stays a plain key', () => {
    const data = JSON.parse('{"__proto__":1,"a.__proto__.b":2,"constructor.prototype":3}');
    const text = body(event({ data }), hookOf(data), {
      format: 'fields',
      contentType: 'application/json',
    });
    expect(JSON.parse(text)).toEqual(
      JSON.parse('{"__proto__":1,"a":{"__proto__":{"b":2}},"constructor":{"prototype":3}}'),
    );
    expect({}).not.toHaveProperty('b');
  });

  it('No value is lost for any set of fields', () => {
    const name = fc.stringMatching(/^[a-z_]{1,6}$/);
    const record = fc.dictionary(name, fc.jsonValue(), { maxKeys: 8 }) as fc.Arbitrary<JsonRecord>;
    fc.assert(
      fc.property(record, (data) => {
        expect(json(event({ data }), 'fields')).toEqual(JSON.parse(JSON.stringify(data)));
        expect(Object.keys(form(event({ data }), 'fields')).sort()).toEqual(
          Object.keys(data).sort(),
        );
      }),
    );
  });
});
