import { type Context, Hono } from 'hono';
import type { z } from 'zod';
import { isJson, type JsonValue } from '../../base/json';
import type { Desk } from '../desk';
import { notFound, Problem, schemaProblem } from '../problem';
import { deliveryRoutes } from './delivery-routes';
import { eventRoutes } from './event-routes';
import { listenerRoutes } from './listener-routes';
import { openapi } from './openapi';
import type { Route } from './route';
import { statsRoutes } from './stats-routes';

/** What middleware leaves for the routes. */
export interface Variables {
  readonly desk: Desk;
}

type AppContext = Context<{ Variables: Variables }>;

const ROUTES: readonly Route[] = [
  ...eventRoutes,
  ...listenerRoutes,
  ...deliveryRoutes,
  ...statsRoutes,
];

/** The deepest nesting of a body. */
const MAX_LEVELS = 64;

/** The REST API, below `/api`. Errors are thrown as problems. */
export function api(basePath: string): Hono<{ Variables: Variables }> {
  const app = new Hono<{ Variables: Variables }>();
  app.get('/openapi.json', (context) =>
    context.json(openapi(ROUTES, context.get('desk'), `${basePath}/api`)),
  );
  for (const one of ROUTES) app.on(one.method, honoPath(one), (context) => answered(one, context));
  for (const path of new Set(ROUTES.map(honoPath)))
    app.all(path, () => {
      throw wrongMethod(path);
    });
  app.all('*', () => {
    throw notFound('route');
  });
  return app;
}

function honoPath({ path }: Pick<Route, 'path'>): string {
  return path.replace('{id}', ':id');
}

function wrongMethod(path: string): Problem {
  const methods = ROUTES.filter((one) => honoPath(one) === path).map(({ method }) => method);
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].join(', ');
  return new Problem(405, `Expected ${allow}.`, { headers: { allow } });
}

async function answered(one: Route, context: AppContext): Promise<Response> {
  const {
    status = 200,
    body,
    headers = {},
  } = await one.answers({
    desk: context.get('desk'),
    id: context.req.param('id') ?? '',
    query: queryOf(one, context),
    ifMatch: ifMatchOf(one, context),
    body: await bodyOf(one, context),
  });
  const text = body === undefined ? null : JSON.stringify(body);
  const type = text === null ? {} : { 'content-type': 'application/json' };
  return new Response(text, { status, headers: { ...type, ...headers } });
}

function queryOf({ query }: Route, { req }: AppContext): unknown {
  const given = Object.fromEntries(new URL(req.url).searchParams);
  return query && checked(query, given);
}

function ifMatchOf({ needsMatch = false }: Route, { req }: AppContext): string {
  const given = req.header('if-match');
  if (needsMatch && given === undefined)
    throw new Problem(428, 'Send the `ETag` of the listener as `If-Match`.');
  return given ?? '';
}

async function bodyOf({ body, isBodyOptional = false }: Route, context: AppContext) {
  if (!body) return undefined;
  const text = await context.req.text();
  if (text === '' && isBodyOptional) return checked(body, {});
  const [type = ''] = (context.req.header('content-type') ?? '').split(';');
  if (type.trim().toLowerCase() !== 'application/json')
    throw new Problem(415, 'The body must have the type application/json.');
  return checked(body, parsed(text));
}

function parsed(text: string): JsonValue {
  try {
    const json: unknown = JSON.parse(text);
    if (isJson(json, MAX_LEVELS)) return json as JsonValue;
  } catch {
    throw new Problem(400, 'The body is not JSON.');
  }
  throw new Problem(400, `The body is nested deeper than ${MAX_LEVELS} levels.`);
}

function checked(schema: z.ZodType, given: unknown): unknown {
  const { success, data, error } = schema.safeParse(given);
  if (success) return data;
  throw schemaProblem(422, error);
}
