import {
  type FastifyReply,
  type FastifyRequest,
  type FetchHandler,
  fastifyRoute,
} from '../base/web-requests';

/** A plugin of Fastify, or a handler of a route. */
export type FastifyHandler = (
  instanceOrRequest: unknown,
  optionsOrReply: unknown,
) => Promise<unknown>;

const FORM = 'application/x-www-form-urlencoded';

interface FastifyInstance {
  hasContentTypeParser(type: string): boolean;
  addContentTypeParser(
    type: string,
    options: object,
    parser: (request: unknown, body: string, done: (error: null, body: string) => void) => void,
  ): void;
  route(options: object): void;
}

/** As a plugin it adds a parser of forms, which Fastify lacks, and the route. */
export function fastifyHandler(handler: FetchHandler, maxBodyBytes: number): FastifyHandler {
  const handle = fastifyRoute(handler);
  return async (first, second) => {
    if (!isInstance(first)) return handle(first as FastifyRequest, second as FastifyReply);
    if (!first.hasContentTypeParser(FORM))
      first.addContentTypeParser(
        FORM,
        // One byte more, so that the answer about a body that is too long is in the protocol.
        { parseAs: 'string', bodyLimit: maxBodyBytes + 1 },
        (_request, body, done) => done(null, body),
      );
    return first.route({
      method: ['GET', 'POST'],
      url: '/',
      handler: handle,
      errorHandler: refused,
    });
  };
}

/** What Fastify refuses, such as a body that is too long, is answered in the protocol. */
function refused({ message }: Error, _request: unknown, reply: FastifyReply): void {
  const text = JSON.stringify({ status: 'failure', reason: message });
  reply.code(200).headers({ 'content-type': 'application/json' }).send(text);
}

function isInstance(value: unknown): value is FastifyInstance {
  return typeof value === 'object' && value !== null && 'addContentTypeParser' in value;
}
