import Fastify, { type FastifyInstance } from 'fastify';
import { VerificationError, verify } from 'typeorm-model-hooks/receiver';

/** The partner: takes what the shop sends if it is signed with the secret. */
export function partnerApp(
  secret: () => string,
  onEvent: (event: unknown) => void,
): FastifyInstance {
  const app = Fastify();
  // The signature covers the bytes of the body, so no parser may change them before.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  app.post<{ Body: Buffer }>('/orders', async (request, reply) => {
    const { event } = verify(request.headers, request.body, secret());
    onEvent({ event, data: JSON.parse(`${request.body}`) });
    return reply.code(204).send();
  });
  app.setErrorHandler((error, _request, reply) =>
    reply.code(error instanceof VerificationError ? 401 : 500).send(),
  );
  return app;
}
