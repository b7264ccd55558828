import type { IncomingMessage, ServerResponse } from 'node:http';
import { expressHandler, fastifyRoute } from '../base/web-requests';
import type { AdminApp } from './admin-app';

/** Answers a request of Node.js. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/**
 * The app for `createServer` of Node.js.
 *
 * @example
 * createServer(toNode(adminApp(hooks, { authenticate }))).listen(3000);
 */
export function toNode({ fetch, maxBodyBytes }: AdminApp): NodeHandler {
  return expressHandler(fetch, maxBodyBytes);
}

/**
 * The app for Express, and for NestJS on Express. `basePath` of the app is the path where it is mounted.
 *
 * @example
 * expressApp.use('/hooks', toExpress(adminApp(hooks, { authenticate, basePath: '/hooks' })));
 */
export function toExpress({ fetch, maxBodyBytes }: AdminApp): NodeHandler {
  return expressHandler(fetch, maxBodyBytes);
}

/** A plugin of Fastify. */
export type FastifyPlugin = (instance: FastifyLike) => Promise<void>;

/** The parts of a Fastify instance that the plugin uses. */
interface FastifyLike {
  removeAllContentTypeParsers(): void;
  addContentTypeParser(
    type: string,
    options: { readonly parseAs: 'buffer'; readonly bodyLimit: number },
    parser: (request: unknown, body: Buffer, done: (error: null, body: Buffer) => void) => void,
  ): void;
  route(options: object): unknown;
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/**
 * The app as a plugin of Fastify. Its `prefix` is the `basePath` of the app.
 *
 * @example
 * const app = adminApp(hooks, { authenticate, basePath: '/hooks' });
 * await fastifyApp.register(toFastify(app), { prefix: '/hooks' });
 */
export function toFastify({ fetch, maxBodyBytes }: AdminApp): FastifyPlugin {
  const handler = fastifyRoute(fetch);
  return async (instance) => {
    // The app reads bodies itself. One byte more, so that the app answers a body that is too long.
    instance.removeAllContentTypeParsers();
    const options = { parseAs: 'buffer', bodyLimit: maxBodyBytes + 1 } as const;
    instance.addContentTypeParser('*', options, (_request, body, done) => done(null, body));
    for (const url of ['/', '/*']) instance.route({ method: METHODS, url, handler });
  };
}
