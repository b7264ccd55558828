import { Controller, Get, HttpCode, Injectable, type ModuleMetadata, Post } from '@nestjs/common';
import {
  type ReceivedEvent,
  VerifyWebhook,
  WebhookEvent,
  type WebhookRequest,
  type WebhookSecrets,
} from '../../../lib/nestjs/receiver';
import { NestFlow, originOf, type Platform } from '../../support/nest/nest-flow';
import { BODY, ID, SECRET, signed } from '../../support/receivers/signed';

const OTHER = 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX';

@Injectable()
class Partners implements WebhookSecrets {
  secretOf({ headers }: WebhookRequest) {
    return headers['x-partner'] === 'acme' ? SECRET : null;
  }
}

@Controller('webhooks')
class WebhooksController {
  @Post('value')
  @HttpCode(200)
  @VerifyWebhook({ secret: SECRET })
  value(@WebhookEvent() { id, event, body, isTest }: ReceivedEvent) {
    return { id, event, body, isTest };
  }

  @Post('list')
  @HttpCode(200)
  @VerifyWebhook({ secret: [OTHER, SECRET] })
  list() {
    return 'ok';
  }

  @Post('function')
  @HttpCode(200)
  @VerifyWebhook({
    secret: async ({ url }) => (url.endsWith('?partner=acme') ? SECRET : undefined),
  })
  fn() {
    return 'ok';
  }

  @Post('provider')
  @HttpCode(200)
  @VerifyWebhook({ secretFrom: Partners })
  provider() {
    return 'ok';
  }

  @Post('empty')
  @VerifyWebhook({ secret: () => '' })
  empty() {
    return 'ok';
  }

  @Get('unguarded')
  unguarded(@WebhookEvent() event: ReceivedEvent) {
    return event;
  }
}

const METADATA: ModuleMetadata = {
  imports: [{ module: class PartnersModule {}, providers: [Partners] }],
  controllers: [WebhooksController],
};

const flow = new NestFlow();
afterAll(() => flow.stop());

describe.each<Platform>(['express', 'fastify'])('VerifyWebhook on %s', (platform) => {
  let origin: string;
  beforeAll(async () => {
    origin = originOf(await flow.listen(METADATA, { platform }));
  });

  const send = (path: string, init: { body?: string; headers?: Record<string, string> } = {}) => {
    const { body = BODY } = init;
    return fetch(`${origin}/webhooks/${path}`, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        ...signed({ body, now: Date.now() }),
        ...init.headers,
      },
    });
  };

  it('A signed request gets through, with what was verified', async () => {
    const answer = await send('value', { headers: { 'hook-event': 'person.created' } });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      id: ID,
      event: 'person.created',
      body: JSON.parse(BODY),
      isTest: false,
    });
  });

  it('The bytes as received are verified, and not the body that was parsed', async () => {
    const body = '{ "name" : "J\\u00f6rg" }\n';
    expect((await send('value', { body })).status).toBe(200);
  });

  it('A form is verified', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await send('value', { body: 'name=J%C3%B6rg&home.city=Ulm', headers });
    expect(await answer.json()).toMatchObject({ body: { name: 'Jörg', 'home.city': 'Ulm' } });
  });

  it('A wrong signature, an old one and a missing one are answered alike, without the reason', async () => {
    const answers = await Promise.all([
      send('value', { headers: signed({ body: BODY, now: Date.now(), secret: OTHER }) }),
      send('value', { headers: signed({ body: BODY, now: Date.now(), agoMs: 400_000 }) }),
      send('value', { headers: { 'webhook-signature': '' } }),
      send('value', { headers: { 'webhook-id': 'other' } }),
      fetch(`${origin}/webhooks/value`, { method: 'POST' }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
    const texts = new Set(await Promise.all(answers.map((answer) => answer.text())));
    expect([...texts]).toEqual(['{"message":"Unauthorized","statusCode":401}']);
  });

  it('Several secrets, those of a function and those of a provider are accepted', async () => {
    expect((await send('list')).status).toBe(200);
    expect((await send('function?partner=acme')).status).toBe(200);
    expect((await send('provider', { headers: { 'x-partner': 'acme' } })).status).toBe(200);
  });

  it('A sender without a secret is refused', async () => {
    expect((await send('function?partner=evil')).status).toBe(401);
    expect((await send('provider')).status).toBe(401);
    expect((await send('empty')).status).toBe(401);
  });

  it('The parameter decorator without the guard is an error of the program', async () => {
    expect((await fetch(`${origin}/webhooks/unguarded`)).status).toBe(500);
  });
});

describe('VerifyWebhook', () => {
  it.each<Platform>(['express', 'fastify'])(
    'Without rawBody on %s, the error says so, and it is no 401',
    async (platform) => {
      const app = await flow.listen(METADATA, { platform, rawBody: false });
      const errors: unknown[] = [];
      app.useLogger({
        log: () => undefined,
        warn: () => undefined,
        error: (...args) => errors.push(args),
      });
      const answer = await fetch(`${originOf(app)}/webhooks/value`, {
        method: 'POST',
        body: BODY,
        headers: { 'content-type': 'application/json', ...signed({ now: Date.now() }) },
      });
      expect(answer.status).toBe(500);
      expect(String(errors)).toContain('rawBody: true');
    },
  );

  it('A content type that no parser of Express takes is verified', async () => {
    const app = await flow.listen(METADATA);
    const send = (headers: Record<string, string>) =>
      fetch(`${originOf(app)}/webhooks/value`, {
        method: 'POST',
        body: BODY,
        headers: { 'content-type': 'application/cloudevents+json', ...headers },
      });
    const answer = await send(signed({ now: Date.now() }));
    expect(await answer.json()).toMatchObject({ body: JSON.parse(BODY) });
    expect((await send({})).status).toBe(401);
  });

  it.each([
    ['an unset secret', { secret: undefined }],
    ['no secret', {}],
    ['an empty secret', { secret: '' }],
    ['a masked secret', { secret: 'whsec_*****' }],
    ['an empty list', { secret: [] }],
    ['a secret and a provider', { secret: SECRET, secretFrom: Partners }],
    ['an unknown option', { secret: SECRET, tolerance: 1 }],
  ])('%s is refused where it decorates', (_what, options) => {
    expect(() => VerifyWebhook(options as never)).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID' }),
    );
  });
});
