import { ListenerInvalidError, type ListenerOptions, type ModelHookError } from '../../../lib';
import type { ListenerBuilder } from '../../../lib/listener/declared/builder';
import type { Condition } from '../../../lib/match/matcher';
import { type Application, startApplication } from '../../support/application/application';
import { Person } from '../../support/entities/person';
import { UNUSABLE_SECRETS } from '../../support/values/unusable-secrets';
import { Article } from './article';

const URL = 'https://example.com/hooks';

let application: Application;

beforeAll(async () => {
  application = await startApplication({ entities: [Article, Person], attach: { work: false } });
});
afterAll(() => application.stop());

/** Options as JavaScript may hand them over. */
function listener(options: object = {}): ListenerBuilder {
  const given = { url: URL, ...options } as ListenerOptions;
  return application.hooks.for(Article).listener(given);
}

async function refusal(builder: ListenerBuilder): Promise<ModelHookError> {
  return builder.save().then(
    ({ id }) => {
      throw new Error(`It was saved as ${id}.`);
    },
    (error: ModelHookError) => error,
  );
}

async function failingFields(options: object): Promise<readonly string[]> {
  const error = await refusal(listener(options));
  expect(error).toBeInstanceOf(ListenerInvalidError);
  return Object.keys((error as ListenerInvalidError).fields);
}

const long = (length: number): string => 'a'.repeat(length);

describe('a listener that is invalid', () => {
  it.each<{ field: string; values: readonly unknown[] }>([
    {
      field: 'url',
      values: [
        '',
        'nowhere',
        '/hooks',
        '//a.b',
        'https://',
        'http://a b',
        1,
        null,
        `${URL}/${long(2_048)}`,
        `${URL}/\0`,
      ],
    },
    {
      field: 'secret',
      values: [...UNUSABLE_SECRETS, 1, long(1_025), 'a\0b', '\ud800', 'whsec_no base64'],
    },
    { field: 'contentType', values: ['text/plain', '', 1, 'application/json; charset=utf-8'] },
    { field: 'format', values: ['xml', '', 1, 'FIELDS'] },
    { field: 'owner', values: ['', 1, {}, long(256), 'a\0b'] },
    { field: 'key', values: ['', 1, [], long(256), '\udc00'] },
    { field: 'config', values: ['text', 1, [1], { n: 1n }, { text: long(16_384) }] },
    { field: 'replies', values: ['no', 0] },
    { field: 'ordered', values: ['yes', 1] },
    {
      field: 'maxPerSecond',
      values: [0, -1, 1e-6, 100_001, Number.NaN, Number.POSITIVE_INFINITY, '5'],
    },
    {
      field: 'batch',
      values: [5, [], {}, { maxEvents: 1.5, maxWaitMs: 0 }, { maxEvents: 1, maxWaitMs: -1 }],
    },
    { field: 'delivery', values: ['fast', [], 1] },
  ])('The error of a listener names `$field` for each invalid value', async ({ field, values }) => {
    for (const value of values)
      expect([value, await failingFields({ [field]: value })]).toEqual([value, [field]]);
  });

  it.each([undefined, null, 'name', ['name']])(
    'A listener that matches %j is refused',
    async (conditions) => {
      const error = await refusal(listener().match(conditions as never));
      expect(error).toMatchObject({
        code: 'LISTENER_INVALID',
        fields: { match: [expect.any(String)] },
      });
    },
  );

  it.each([undefined, 7, {}])('A listener to the pattern %j is refused', async (pattern) => {
    const error = await refusal(application.hooks.listen(pattern as never, URL));
    expect(error).toMatchObject({
      code: 'LISTENER_INVALID',
      fields: { pattern: [expect.any(String)] },
    });
  });

  it.each([
    ...['Host', 'host', 'Content-Type', 'content-length', 'Transfer-Encoding', 'Connection'],
    ...['Keep-Alive', 'Upgrade', 'expect', 'TE', 'Trailer', 'Proxy-Connection'],
    ...['Hook-Event', 'HOOK-HMAC', 'hook-anything', 'webhook-id', 'Webhook-Signature'],
    ...['__proto__', '', 'X A', 'X:A', 'X\nA', 'X\r\nA: b', 'X\0', 'Ä', '(X)', '"X"'],
  ])('A listener with the header name %j is refused', async (name) => {
    expect(await failingFields({ headers: { [name]: 'value' } })).toEqual(['headers']);
  });

  it.each([
    'a\nb',
    'a\u2028b',
    'a\u0085\u2029b',
    'a\r\nHost: evil',
    'a\rb',
    'a\0b',
    '\x7f',
    '😀',
    1,
    null,
    ['a'],
    long(1_025),
  ])('A listener with the header value %j is refused', async (value) => {
    expect(await failingFields({ headers: { 'X-A': value } })).toEqual(['headers']);
  });

  it('A listener whose headers are no object or too large is refused', async () => {
    const many = Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`X-${n}`, '1']));
    const large = Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`X-${n}`, long(1_000)]));
    for (const headers of ['X: 1', [['X', '1']], 1, many, large])
      expect(await failingFields({ headers })).toEqual(['headers']);
  });

  it.each<Readonly<Record<string, unknown>>>([
    { timeoutMs: 0 },
    { timeoutMs: -1 },
    { timeoutMs: '3000' },
    { timeoutMs: Number.NaN },
    { timeoutMs: Infinity },
    { timeoutMs: null },
    { retries: -1 },
    { retries: 1_001 },
    { retryDelayMs: -1 },
    { retryFactor: 0.5 },
    { retryMaxDelayMs: -1 },
    { jitter: 1.1 },
    { jitter: -0.1 },
    { maxResponseBytes: -1 },
    { disableAfterMs: -1 },
    { maxConcurrency: 1 },
    { recipients: 'development' },
    { constructor: 1 },
  ])('A listener with the delivery option %j is refused', async (delivery) => {
    expect(await failingFields({ delivery })).toEqual(['delivery']);
  });

  it('A listener with an unknown option is refused', async () => {
    expect(await failingFields({ tartget: URL })).toEqual(['tartget']);
  });

  it('The error of a listener names every invalid field and shows no secret', async () => {
    const error = await refusal(
      listener({ secret: `${long(2_000)}hush`, key: '', replies: 'yes' }),
    );
    expect(Object.keys((error as ListenerInvalidError).fields)).toEqual([
      'secret',
      'key',
      'replies',
    ]);
    expect(error.message).not.toContain('hush');
  });

  it.each(['md5', 'SHA256', 'sha-256', '', 1])(
    'A listener with the digest %j is refused',
    async (digest) => {
      const error = await refusal(listener({ digest }));
      expect(error).toMatchObject({ code: 'DIGEST_UNSUPPORTED', digest });
    },
  );

  it.each([
    { url: 'ftp://example.com', setting: 'protocols' },
    { url: 'mailto:joe@example.com', setting: 'protocols' },
    { url: 'https://joe:pass@example.com', setting: 'protocols' },
    { url: 'http://192.168.0.1', setting: 'allow' },
    { url: 'http://[fd00::1]/', setting: 'allow' },
  ])('A listener to $url is refused', async ({ url, setting }) => {
    expect(await refusal(listener({ url }))).toMatchObject({ code: 'RECIPIENT_REFUSED', setting });
  });
});

describe('the hook of a listener', () => {
  it('A listener with an owner is refused if its hook has no sender', async () => {
    const builder = application.hooks.for(Person).listener({ url: URL, owner: 'acme' });
    expect(await refusal(builder)).toMatchObject({ code: 'HOOK_HAS_NO_SENDER', hook: 'person' });
    expect(await listener({ owner: 'acme' }).save()).toMatchObject({ owner: 'acme' });
  });

  it('A listener with an operation that its hook does not have is refused', async () => {
    const builder = listener().on('insert', 'upsert' as 'insert');
    expect(await refusal(builder)).toMatchObject({
      code: 'HOOK_UNKNOWN_OPERATION',
      operation: 'upsert',
    });
  });
});

describe('ListenerBuilder', () => {
  it('The builder never throws, but save() rejects', async () => {
    const hook = application.hooks.for(Article);
    for (const target of [undefined, null, 1, {}, '']) {
      const builder = hook
        .listener(target as unknown as string)
        .match({ typo: nothingAtAll } as object);
      expect(await refusal(builder.on('x' as 'insert'))).toMatchObject({
        code: 'LISTENER_INVALID',
      });
    }
  });
});

const nothingAtAll = Symbol('no condition') as unknown as Condition;
