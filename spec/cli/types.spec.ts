import asyncApiSchema from '@asyncapi/specs/schemas/3.0.0-without-$id.json';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import {
  type DescribedEvent,
  describedEvents,
  describedHooks,
} from '../../lib/cli/event-types/described-events';
import { asyncApiText, schemaText, typesText } from '../../lib/cli/event-types/documents';
import { typeText } from '../../lib/cli/event-types/type-text';
import { BODY_FORMATS, type BodyFormat } from '../../lib/options/body-format';
import { typeErrors } from '../docs/type-check';
import { Flow } from '../support/application/flow';
import { Parcel } from '../support/entities/parcel';
import { RELATED } from '../support/entities/related-entities';
import { schemaFaults } from '../support/values/schema-faults';

let flow: Flow;
beforeAll(async () => {
  flow = await Flow.start({ entities: [Parcel, ...RELATED] });
  flow.hooks.define('order shipped/now', { provides: ['total', 'customer.name'] });
});
afterAll(() => flow.stop());

function described(format?: BodyFormat): readonly DescribedEvent[] {
  return describedEvents(flow.hooks.list(), format);
}

/** A sample body of each event, as JSON. */
function samples(format: BodyFormat): readonly { readonly event: string; readonly body: string }[] {
  return flow.hooks
    .list()
    .flatMap((hook) =>
      hook.events.map((event) => ({ event, body: hook.sample(event, format).body })),
    );
}

/** A module of types, and code that uses them. */
function using(format: BodyFormat, uses: readonly string[]): string {
  const events = described(format);
  const types = typesText(events, describedHooks(flow.hooks.list(), events));
  return `import { verify } from 'typeorm-model-hooks/receiver';\n${types}\n${[...new Set(uses)].join('\n')}`;
}

function accepting(format: BodyFormat): string {
  const uses = samples(format).map(({ event, body }) => {
    const name = event.replaceAll(/\W/g, '_');
    return `export const _${name} = ${body} as const satisfies Events[${JSON.stringify(event)}];`;
  });
  return using(format, uses);
}

function refusing(): string {
  const { body } = flow.hooks.get('parcel').sample('parcel.created');
  const wrong = ['{ weight: "1" }', '{ state: "eaten" }', '{ name: undefined }'];
  const uses = wrong.map(
    (change, n) =>
      `// @ts-expect-error\nexport const wrong${n}: ParcelCreated = { ...right, ...${change} as const };`,
  );
  return using('fields', [`const right = ${body} as const satisfies ParcelCreated;`, ...uses]);
}

/** A receiver whose event names decide what the data is. */
const RECEIVING = [
  "const received = verify<ParcelEvents>({}, '', 'secret');",
  "if (received.event === 'parcel.created') received.data.weight satisfies number | null | undefined | string;",
  '// @ts-expect-error',
  "if (received.event === 'parcel.created') received.data.unknownField;",
  '// @ts-expect-error',
  "if (received.event === 'parcel.eaten') received.data;",
];

describe('typesText()', () => {
  it('A receiver knows the data of an event by its name, in each format', () => {
    const snippets = BODY_FORMATS.map((format) => ({
      place: format,
      text: using(format, []) + RECEIVING.join('\n'),
    }));
    expect(typeErrors(snippets, [])).toEqual([]);
  }, 120_000);

  it('The types accept the bodies of all events in each format, and refuse wrong ones', () => {
    const snippets = BODY_FORMATS.map((format) => ({ place: format, text: accepting(format) }));
    const all = [...snippets, { place: 'wrong bodies', text: refusing() }];
    expect(typeErrors(all, [])).toEqual([]);
  }, 120_000);

  it('The types compile, whatever the events are called', () => {
    const names = ['pick', 'events', 'event-name', 'event.body', 'record', 'a*/b', '__proto__'];
    const hooks = names.map((name) => ({
      name,
      title: name,
      events: [name],
      schema: () => ({ type: 'object', properties: { a: { type: ['string', 'null'] } } }),
    })) as never;
    const events = describedEvents(hooks, undefined);
    const types = typesText(events, describedHooks(hooks, events));
    const text = `import { verify } from 'typeorm-model-hooks/receiver';\n${types}\nvoid verify<PickEvents>;`;
    expect(typeErrors([{ place: 'odd names', text }], [])).toEqual([]);
  }, 120_000);

  it('Each event has a type of another name, made of the words of its own', () => {
    const hook = (events: readonly string[]) => ({
      title: 'x',
      events,
      schema: () => ({ type: 'object' }),
    });
    const named = describedEvents(
      [hook(['a.b', 'a-b', 'a b', '1.up', 'events', 'ü'])] as never,
      undefined,
    );
    expect(Object.fromEntries(named.map(({ name, typeName }) => [name, typeName]))).toEqual({
      'a b': 'AB',
      'a-b': 'AB2',
      'a.b': 'AB3',
      '1.up': 'Event1Up',
      events: 'Events1',
      ü: 'Event',
    });
  });
});

describe('typeText()', () => {
  it.each<[object, string]>([
    [{}, 'unknown'],
    [{ type: 'string' }, 'string'],
    [{ type: ['string', 'null'] }, 'string | null'],
    [{ enum: ['a', null] }, '"a" | null'],
    [{ const: 'a"b' }, '"a\\"b"'],
    [{ type: 'array', items: { type: ['number', 'null'] } }, 'readonly (number | null)[]'],
    [{ type: 'array' }, 'readonly unknown[]'],
    [{ type: 'array', items: { enum: ['a', 'b'] } }, 'readonly ("a" | "b")[]'],
    [{ type: 'array', items: { const: 'a | b' } }, 'readonly "a | b"[]'],
    [
      { type: 'array', items: { type: ['object', 'null'], properties: { a: {} } } },
      'readonly ({\n  readonly a?: unknown;\n} | null)[]',
    ],
    [
      { type: 'array', items: { type: 'object', properties: { a: { type: ['string', 'null'] } } } },
      'readonly {\n  readonly a?: string | null;\n}[]',
    ],
    [{ type: 'object' }, '{ readonly [name: string]: unknown }'],
    [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, 'string | null'],
    [
      { type: 'object', properties: { a: { type: 'integer' }, 'b-c': {} }, required: ['a'] },
      '{\n  readonly a: number;\n  readonly "b-c"?: unknown;\n}',
    ],
  ])('The schema %j is the type %s', (schema, text) => {
    expect(typeText(schema as never)).toBe(text);
  });
});

describe('schemaText()', () => {
  it('Each event has a definition that accepts its bodies', () => {
    const document = JSON.parse(schemaText(described('envelope')));
    for (const { event, body } of samples('envelope')) {
      const name = described().find((one) => one.name === event)?.typeName;
      const schema = { ...document, $ref: `#/$defs/${name}` };
      expect([event, schemaFaults(schema, JSON.parse(body))]).toEqual([event, []]);
    }
  });
});

describe('asyncApiText()', () => {
  it('The schema of AsyncAPI 3.0.0 accepts the document', () => {
    const ajv = new Ajv({ strict: false, allErrors: true });
    addFormats(ajv);
    const check = ajv.compile(asyncApiSchema);
    check(JSON.parse(asyncApiText(described())));
    expect(check.errors).toBeNull();
  });
});
