import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, HttpCode, Post } from '@nestjs/common';
import { generateSigningKey } from '../../../lib';
import { VerifyWebhook } from '../../../lib/nestjs/receiver';
import { jwks } from '../../../lib/receiver';
import { KeyRing } from '../../../lib/signing/key-ring';
import { signedRequest } from '../../../lib/testing';
import { NestFlow, originOf, type Platform } from '../../support/nest/nest-flow';
import { SECRET } from '../../support/receivers/signed';

const pair = generateSigningKey();
const other = generateSigningKey();
const KEY_SET = { keys: new KeyRing({ k1: pair.secretKey }).publicKeys };

let endpoint: Server;
/** What the key endpoint answers with. */
let status: number;
const flow = new NestFlow();

beforeAll(async () => {
  endpoint = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(KEY_SET));
  });
  await new Promise<void>((listening) => endpoint.listen(0, '127.0.0.1', listening));
});
afterAll(async () => {
  await flow.stop();
  endpoint.close();
});

/** A controller that verifies by a public key, by the key endpoint, and by a list. */
function controller() {
  const { port } = endpoint.address() as AddressInfo;
  const published = jwks(`http://127.0.0.1:${port}/keys`, { minDelayMs: 0 });

  @Controller('webhooks')
  class WebhooksController {
    @Post('key')
    @HttpCode(200)
    @VerifyWebhook({ secret: pair.publicKey })
    key() {
      return 'ok';
    }

    @Post('jwks')
    @HttpCode(200)
    @VerifyWebhook({ secret: published })
    jwks() {
      return 'ok';
    }

    @Post('list')
    @HttpCode(200)
    @VerifyWebhook({ secret: () => [other.publicKey, SECRET, published] })
    list() {
      return 'ok';
    }
  }
  return WebhooksController;
}

describe.each<Platform>(['express', 'fastify'])('VerifyWebhook with keys on %s', (platform) => {
  let origin: string;
  beforeEach(async () => {
    status = 200;
    origin = originOf(await flow.listen({ controllers: [controller()] }, { platform }));
  });
  afterEach(() => flow.stop());

  async function send(path: string, { secretKey } = pair): Promise<number> {
    const { headers, body } = signedRequest({
      secret: 'a secret that the receiver does not know',
      signature: 'v1a',
      signingKeys: { k1: secretKey },
      event: { name: 'person.created', data: { name: 'Jörg' } },
    });
    const answer = await fetch(`${origin}/webhooks/${path}`, { method: 'POST', headers, body });
    return answer.status;
  }

  it('A request gets through that the key pair of the sender signed', async () => {
    for (const path of ['key', 'jwks', 'list'])
      expect([path, await send(path)]).toEqual([path, 200]);
  });

  it('A request by another key pair is answered with 401', async () => {
    for (const path of ['key', 'jwks'])
      expect([path, await send(path, other)]).toEqual([path, 401]);
  });

  it('A request is answered with 503 while the keys cannot be read', async () => {
    status = 500;
    expect(await send('jwks')).toBe(503);
    expect(await send('key')).toBe(200);
    status = 200;
    expect(await send('jwks')).toBe(200);
  });
});
