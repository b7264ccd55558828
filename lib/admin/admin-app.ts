import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { OptionInvalidError } from '../errors/option-errors';
import { loggable } from '../logging/loggable';
import type { ModelHooks } from '../model-hooks';
import { securityHeaders } from './access/headers';
import { Portal, type PortalLinkOptions } from './access/portal';
import { type Principal, principalKey, principalOf } from './access/principal';
import { RateLimit } from './access/rate-limit';
import { isForeign } from './access/same-origin';
import { api, type Variables } from './api/api';
import { Desk } from './desk';
import { type AdminOptions, type ResolvedAdminOptions, resolvedAdminOptions } from './options';
import { assets } from './page/assets';
import { page, pageProblem } from './page/page';
import { Problem, problemOf, problemResponse, tooManyRequests } from './problem';
import { webhookKeys } from './webhook-keys';

/** The admin app: a REST API and web pages, for servers of web standards. Its members need no `this`. */
export interface AdminApp {
  /** Answers a request. Never rejects. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** The longest body of a request, in bytes. Adapters read no more. */
  readonly maxBodyBytes: number;
  /**
   * A link that opens the page for one owner: with it, a browser becomes that owner for as long as the link was valid. Throws
   * `OPTION_INVALID` without the option `portal`.
   */
  readonly portalUrl: (owner: string, options?: PortalLinkOptions) => string;
}

/**
 * The admin app of some hooks: pages at `basePath`, the API below `api/`. Throws `OPTION_INVALID`, also without `authenticate`.
 *
 * @example
 * const app = adminApp(hooks, {
 *   basePath: '/hooks',
 *   authenticate: (request) =>
 *     request.headers.get('authorization') === `Bearer ${process.env.ADMIN_TOKEN}`
 *       ? { role: 'operator' }
 *       : null,
 * });
 * createServer(toNode(app)).listen(3000);
 */
export function adminApp(hooks: ModelHooks, given: AdminOptions): AdminApp {
  const options = resolvedAdminOptions(given);
  const portal = options.portal && new Portal(options.portal);
  const app = built(hooks, options, portal);
  return {
    fetch: async (request) => app.fetch(request),
    maxBodyBytes: options.maxBodyBytes,
    portalUrl: (owner, link = {}) => {
      if (!portal) throw new OptionInvalidError('portal', 'given to adminApp, for portalUrl');
      return portal.linkOf(owner, link);
    },
  };
}

type App = Hono<{ Variables: Variables }>;

function built(hooks: ModelHooks, options: ResolvedAdminOptions, portal: Portal | null): App {
  const { basePath, maxBodyBytes } = options;
  const app: App = new Hono<{ Variables: Variables }>({ strict: false }).basePath(basePath);
  const headers = securityHeaders(options.portal?.frameAncestors ?? []);
  app.use('*', async (context, next) => {
    await next();
    for (const [name, value] of Object.entries({ 'cache-control': 'no-store', ...headers }))
      if (!context.res.headers.has(name)) context.header(name, value);
  });
  app.onError((error, context) => answerTo(error, context.req.raw, options));
  app.notFound((context) =>
    answerTo(new Problem(404, 'There is no such page.'), context.req.raw, options),
  );
  app.use('*', bodyLimit({ maxSize: maxBodyBytes, onError: () => tooLong(maxBodyBytes) }));
  app.route('/assets', assets(options.theme));
  app.route('/', webhookKeys(hooks, options));
  if (portal) openPortal(app, portal, basePath);
  const limit = new RateLimit(options.requestsPerMinute);
  app.use('*', async (context, next) => {
    const principal = await principalIn(context.req.raw, options, portal);
    checkAllowed(context.req.raw, principal, limit);
    context.set('desk', new Desk(hooks, principal, options.owners));
    await next();
  });
  app.route('/api', api(basePath));
  app.route('/', page(options));
  return app;
}

/** A link gives a cookie, and is not needed after that. */
function openPortal(app: App, portal: Portal, basePath: string): void {
  app.get('/portal', (context) => {
    const { searchParams } = new URL(context.req.url);
    const cookie = portal.cookieOf(searchParams.get('token') ?? '');
    if (cookie === null) throw new Problem(401, 'The link is wrong or has expired.');
    context.header('set-cookie', cookie);
    return context.redirect(`${basePath}/`, 303);
  });
  app.get('/portal/leave', (context) => {
    context.header('set-cookie', portal.endedCookie);
    return context.redirect(`${basePath}/`, 303);
  });
}

/** A portal that was opened counts first, so that an operator sees what an owner sees. */
async function principalIn(
  request: Request,
  { authenticate }: ResolvedAdminOptions,
  portal: Portal | null,
): Promise<Principal> {
  const principal =
    portal?.principalOf(request) ??
    principalOf(await authenticate(request.body ? request.clone() : request));
  if (!principal) throw new Problem(401, 'Log in first.');
  return principal;
}

function checkAllowed(request: Request, principal: Principal, limit: RateLimit): void {
  const waitSeconds = limit.refused(principalKey(principal));
  if (waitSeconds !== null) throw tooManyRequests(waitSeconds);
  if (isForeign(request)) throw new Problem(403, 'The request comes from another site.');
}

/** The API answers in JSON, the page in HTML. An error that the request did not cause is logged, and its text is not shown. */
function answerTo(error: unknown, request: Request, options: ResolvedAdminOptions): Response {
  const problem = problemOf(error) ?? new Problem(500, 'The request could not be answered.');
  if (problem.status === 500)
    options.logger.error('A request of the admin app failed.', { error: loggable(error) });
  const isApi = new URL(request.url).pathname.startsWith(`${options.basePath}/api/`);
  return isApi ? problemResponse(problem) : pageProblem(problem, options);
}

function tooLong(maxBytes: number): never {
  throw new Problem(413, `The body is longer than ${maxBytes} bytes.`);
}
