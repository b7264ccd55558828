import express, { type Express } from 'express';
import { VerificationError, verify } from 'typeorm-model-hooks/receiver';

/** The partner: takes what the shop sends if it is signed with the secret. */
export function partnerApp(secret: () => string, onEvent: (event: unknown) => void): Express {
  const app = express();
  // The signature covers the bytes of the body, so no parser may change them before.
  app.post('/orders', express.raw({ type: '*/*' }), (request, response) => {
    try {
      const { event } = verify(request.headers, request.body, secret());
      onEvent({ event, data: JSON.parse(`${request.body}`) });
      response.sendStatus(204);
    } catch (error) {
      response.sendStatus(error instanceof VerificationError ? 401 : 500);
    }
  });
  return app;
}
