import type { JsonValue } from '../../base/json';
import type { DescribedEvent, DescribedHook } from './described-events';
import { typeText } from './type-text';

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

/** A module with the type of each body, `Events` with all of them by event name, and the same for each hook. */
export function typesText(
  events: readonly DescribedEvent[],
  hooks: readonly DescribedHook[] = [],
): string {
  const types = events.map(
    ({ name, typeName, schema }) =>
      `/** The body of ${commentText(name)}. */\nexport type ${typeName} = ${typeText(schema)};\n`,
  );
  const members = events.map(
    ({ name, typeName }) => `  readonly ${JSON.stringify(name)}: ${typeName};`,
  );
  return `// Written by \`model-hooks types\`. Do not edit it; run the command again.

${types.join('\n')}
/** The bodies of all events, by event name. */
export interface Events {
${members.join('\n')}
}

export type EventName = keyof Events;

/** The body of an event of that name. */
export type EventBody<Name extends EventName> = Events[Name];
${hooks.map(hookText).join('')}`;
}

function hookText({ hook, typeName, events }: DescribedHook): string {
  const names = events.map((event) => JSON.stringify(event)).join(' | ');
  return `
/** The bodies of the events of ${commentText(hook)}, by event name: for \`verify<${typeName}>()\`. */
export type ${typeName} = Pick<Events, ${names}>;
`;
}

/** A name can hold what ends a comment. */
function commentText(name: string): string {
  return name.replaceAll('*/', '* /').replaceAll(/\s+/g, ' ');
}

/** One JSON Schema with a definition for each event. */
export function schemaText(events: readonly DescribedEvent[]): string {
  const definitions = events.map(({ name, typeName, schema }) => [
    typeName,
    { title: name, ...schema },
  ]);
  return jsonText({ $schema: DIALECT, title: 'Events', $defs: Object.fromEntries(definitions) });
}

/**
 * The events as messages that this application sends.
 *
 * @see https://www.asyncapi.com/docs/reference/specification/v3.0.0
 */
export function asyncApiText(events: readonly DescribedEvent[]): string {
  const each = <Value extends JsonValue>(make: (event: DescribedEvent) => Value) =>
    Object.fromEntries(events.map((event) => [event.typeName, make(event)]));
  return jsonText({
    asyncapi: '3.0.0',
    info: { title: 'Webhooks', version: '1.0.0' },
    defaultContentType: 'application/json',
    channels: each(({ name, typeName, title }) => ({
      address: null,
      title,
      description: `The URLs of the listeners to ${name}.`,
      messages: { [typeName]: { $ref: `#/components/messages/${typeName}` } },
    })),
    operations: each(({ typeName }) => ({
      action: 'send',
      channel: { $ref: `#/channels/${typeName}` },
    })),
    components: {
      messages: each(({ name, schema }) => ({
        name,
        headers: HEADERS,
        payload: { schemaFormat: `application/schema+json;version=draft-07`, schema },
      })),
    },
  });
}

/** The headers of each request that say what it is about. */
const HEADERS = {
  type: 'object',
  properties: {
    'Hook-Event': { type: 'string' },
    'Hook-Delivery': { type: 'string', format: 'uuid' },
    'Hook-Attempt': { type: 'string' },
    'webhook-id': { type: 'string', format: 'uuid' },
    'webhook-timestamp': { type: 'string' },
    'webhook-signature': { type: 'string' },
  },
};

function jsonText(json: JsonValue): string {
  return `${JSON.stringify(json, null, 2)}\n`;
}
