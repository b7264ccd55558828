import { z } from 'zod';
import type { JsonValue } from '../../base/json';
import { VERSION } from '../../base/version';
import type { Desk } from '../desk';
import type { Route } from './route';
import { ProblemShape } from './shapes';

type Json = { readonly [member: string]: JsonValue };

/**
 * The API in OpenAPI 3.1. Its schemas are those that check requests; `webhooks` has the requests that listeners get.
 *
 * @see https://spec.openapis.org/oas/v3.1.1
 */
export function openapi(routes: readonly Route[], desk: Desk, server: string): Json {
  const components = new Map<string, Json>();
  const paths = new Map<string, Record<string, Json>>();
  for (const one of routes) {
    const methods = paths.get(one.path) ?? {};
    methods[one.method.toLowerCase()] = operationOf(one, components);
    paths.set(one.path, methods);
  }
  return {
    openapi: '3.1.1',
    info: { title: 'Webhooks', version: VERSION, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: server }],
    paths: Object.fromEntries(paths),
    webhooks: webhooksOf(desk),
    components: { schemas: Object.fromEntries(components) },
  };
}

type Components = Map<string, Json>;

function operationOf(one: Route, components: Components): Json {
  const { operationId, summary, tag, answer, body, isBodyOptional = false } = one;
  const schema = answer.schema && schemaOf(answer.schema, components, 'output');
  return {
    operationId,
    summary,
    tags: [tag],
    parameters: parametersOf(one, components),
    ...(body && {
      requestBody: {
        required: !isBodyOptional,
        content: jsonContent(schemaOf(body, components, 'input')),
      },
    }),
    responses: {
      [answer.status]: { description: answer.is, ...(schema && { content: jsonContent(schema) }) },
      ...Object.fromEntries(statusesOf(one).map((status) => [status, problem(status, components)])),
    },
  };
}

function jsonContent(schema: Json): Json {
  return { 'application/json': { schema } };
}

function problem(status: number, components: Components): Json {
  const schema = schemaOf(ProblemShape, components, 'output');
  return {
    description: DESCRIPTIONS[status] ?? 'An error.',
    content: { 'application/problem+json': { schema } },
  };
}

function statusesOf({ path, query, body, needsMatch = false }: Route): readonly number[] {
  return [
    400,
    401,
    403,
    ...(path.includes('{id}') ? [404] : []),
    ...(needsMatch ? [412, 428] : []),
    ...(body ? [409, 413, 415] : []),
    ...(query || body ? [422] : []),
    429,
  ];
}

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  400: 'The query or the body cannot be read.',
  401: 'Nobody is logged in.',
  403: 'This principal may not do it, or the request comes from another site.',
  404: 'There is none, or it belongs to another owner.',
  409: 'The same one exists already.',
  412: 'It was changed meanwhile.',
  413: 'The body is too long.',
  415: 'The body is not JSON.',
  422: 'Values are not allowed; `errors` has the place of each.',
  428: '`If-Match` is missing.',
  429: 'Too many requests; `Retry-After` has the seconds to wait.',
};

function parametersOf({ path, query, needsMatch }: Route, components: Components): readonly Json[] {
  return [
    ...(path.includes('{id}') ? [{ name: 'id', in: 'path', required: true, schema: UUID }] : []),
    ...(needsMatch
      ? [{ name: 'If-Match', in: 'header', required: true, schema: { type: 'string' } }]
      : []),
    ...(query ? queryParameters(schemaOf(query, components, 'input')) : []),
  ];
}

const UUID = { type: 'string', format: 'uuid' };

function queryParameters({ properties }: Json): readonly Json[] {
  return Object.entries(properties as Json).map(([name, schema]) => ({
    name,
    in: 'query',
    schema,
  }));
}

/** A schema with an `id` becomes a component, and a reference here. */
function schemaOf(schema: z.ZodType, components: Components, io: 'input' | 'output'): Json {
  const {
    $schema: _dialect,
    $defs = {},
    ...own
  } = z.toJSONSchema(schema, {
    io,
    reused: 'inline',
    unrepresentable: 'any',
  });
  for (const [name, definition] of Object.entries($defs))
    components.set(name, referring(definition) as Json);
  const { id } = own;
  if (typeof id !== 'string') return referring(own) as Json;
  components.set(id, referring(own) as Json);
  return { $ref: `#/components/schemas/${id}` };
}

/** References within a schema lead to the components of the document. */
function referring(schema: unknown): JsonValue {
  const text = JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/');
  return JSON.parse(text, (key, value) =>
    key === 'id' && typeof value === 'string' ? undefined : value,
  );
}

/** What listeners of this principal can get, in the format of the hook. */
function webhooksOf({ catalogue }: Desk): Json {
  const events = catalogue.flatMap((hook) =>
    hook.events.map((event): [string, Json] => [
      event,
      {
        post: {
          operationId: `on ${event}`,
          summary: hook.title,
          tags: ['Webhooks'],
          requestBody: { required: true, content: jsonContent(hook.schema(event)) },
          responses: { '2XX': { description: 'The event was received.' } },
        },
      },
    ]),
  );
  return Object.fromEntries(events);
}
