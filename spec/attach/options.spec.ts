import { type AttachOptions, ModelHooks } from '../../lib';
import { checkSameOptions, resolveOptions } from '../../lib/attach/options';
import { newDataSource, startApplication } from '../support/application/application';
import { createDatabase } from '../support/application/database';
import { Person } from '../support/entities/person';

describe('resolveOptions', () => {
  it.each<{ option: string; values: readonly object[] }>([
    {
      option: 'dispatcher',
      values: ['later', '', 1, null, {}, { dispatch: true }].map((dispatcher) => ({ dispatcher })),
    },
    { option: 'onCaptureError', values: [{ onCaptureError: 'ignore' }, { onCaptureError: null }] },
    { option: 'work', values: [{ work: 'yes' }, { work: 0 }] },
    ...['waitMs', 'sweepMs', 'leaseMs', 'connections'].map((option) => ({
      option,
      values: [0, -1, Number.NaN, Infinity, '5', null].map((value) => ({ [option]: value })),
    })),
    ...['eventsMs', 'deliveriesMs'].map((option) => ({
      option: `retention.${option}`,
      values: [-1, Number.NaN, '5'].map((value) => ({ retention: { [option]: value } })),
    })),
    ...['maxConcurrency', 'maxConcurrencyPerOrigin'].map((option) => ({
      option: `delivery.${option}`,
      values: [0, -1, Number.NaN, '5'].map((value) => ({ delivery: { [option]: value } })),
    })),
    { option: 'delivery.keepAlive', values: [{ delivery: { keepAlive: 1 } }] },
    {
      option: 'delivery.proxy',
      values: [
        '',
        'proxy.example:3128',
        'socks5://proxy.example',
        'http://proxy.example/path',
        'http://proxy.example/?a',
        'http://joe:%ff@proxy.example',
        'http://a%3Ab:c@proxy.example',
        7,
      ].map((proxy) => ({ delivery: { proxy } })),
    },
    {
      option: 'delivery.ca',
      values: [
        '',
        'PEM',
        [''],
        [1],
        null,
        `-----BEGIN CERTIFICATE-----
AAAA
-----END CERTIFICATE-----`,
      ].map((ca) => ({ delivery: { ca } })),
    },
    ...Object.entries({
      timeoutMs: [0, 300_001, '1', null],
      maxResponseBytes: [-1, 16_777_217, 1.5],
      maxPayloadBytes: [0, 268_435_457, 1.5],
      disableAfterMs: [-1, Infinity],
      retries: [-1, 1_001, 1.5, '3', Number.NaN],
      retryDelayMs: [-1, Infinity],
      retryFactor: [0.9, 101],
      retryMaxDelayMs: [-1, Infinity],
      jitter: [-0.1, 1.1],
      payloadTooLarge: ['cut', null],
      recipients: ['production', null, [], 1],
      typo: [1, null],
    }).map(([option, values]) => ({
      option: `delivery.${option}`,
      values: values.map((value) => ({ delivery: { [option]: value } })),
    })),
    ...Object.entries({
      protocols: ['http', ['ftp'], null],
      ports: ['all', [0], ['80'], [65_536], [1.5], 80],
      blockInternal: [1, null],
      validators: [[1], () => undefined],
      lookup: ['dns', null],
      denied: [[]],
    }).map(([option, values]) => ({
      option: `delivery.recipients.${option}`,
      values: values.map((value) => ({ delivery: { recipients: { [option]: value } } })),
    })),
    {
      option: 'delivery',
      values: [null, [], 'fast', 1, new Map()].map((delivery) => ({ delivery })),
    },
    { option: 'retention', values: [null, [], 7].map((retention) => ({ retention })) },
    { option: 'retention.eventMs', values: [{ retention: { eventMs: 1 } }] },
    {
      option: 'logger',
      values: [null, 'console', {}, { ...console, warn: 1 }, () => undefined].map((logger) => ({
        logger,
      })),
    },
    {
      option: 'encryptionKeys',
      values: [null, 'key'].map((encryptionKeys) => ({ encryptionKeys })),
    },
    { option: 'dispacher', values: [{ dispacher: 'inline' }] },
    ...['__proto__', 'constructor', 'toString'].map((option) => ({
      option,
      values: [JSON.parse(`{"${option}":{"work":false}}`) as object],
    })),
    { option: 'options', values: [null, [], new Date(), 'inline', 1] as never[] },
    {
      option: 'delivery.recipients.allow',
      values: [{ delivery: { recipients: { allow: ['10.0.0.1'] } } }],
    },
    {
      option: 'delivery.recipients.deny',
      values: [{ delivery: { recipients: { deny: ['everything'] } } }],
    },
  ])('Invalid values of $option are refused', ({ option, values }) => {
    for (const options of values)
      expect(() => resolveOptions(options as AttachOptions)).toThrow(
        expect.objectContaining({ code: 'OPTION_INVALID', option }),
      );
  });

  it.each<{ options: object; message: string }>([
    {
      options: { delivery: { retries: -1 } },
      message: 'The option `delivery.retries` must be a whole number from 0 to 1000; got -1.',
    },
    {
      options: { sweepMs: '5' },
      message: "The option `sweepMs` must be a number of at least 1; got '5'.",
    },
    {
      options: { onCaptureError: 'ignore' },
      message: "The option `onCaptureError` must be 'throw' or 'log'; got 'ignore'.",
    },
    {
      options: { logger: null },
      message:
        'The option `logger` must be an object with the functions debug, info, warn and error; got null.',
    },
    {
      options: { retention: new Map() },
      message: 'The option `retention` must be an object of options; got a Map.',
    },
    {
      options: { retention: { eventMs: 1 } },
      message:
        'The option `retention.eventMs` does not exist. Did you mean `retention.eventsMs`? Allowed: `eventsMs`, `deliveriesMs`.',
    },
  ])('The message gives what was expected and what was given: $message', ({ options, message }) => {
    expect(() => resolveOptions(options)).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', message }),
    );
  });

  it.each<{ options: object; nearest: string | null }>([
    { options: { dispacher: 'inline' }, nearest: 'dispatcher' },
    { options: { timeoutMs: 1 }, nearest: 'delivery.timeoutMs' },
    { options: { eventsMs: 1 }, nearest: 'retention.eventsMs' },
    { options: { delivery: { retry: 1 } }, nearest: 'delivery.retries' },
    { options: { delivery: { timeoutms: 1 } }, nearest: 'delivery.timeoutMs' },
    { options: { delivery: { ports: 'any' } }, nearest: 'delivery.recipients.ports' },
    {
      options: { delivery: { recipients: { port: [1] } } },
      nearest: 'delivery.recipients.ports',
    },
    { options: { colour: 'red' }, nearest: null },
  ])('The name $nearest is suggested for $options', ({ options, nearest }) => {
    const hint = nearest === null ? /does not exist\. Allowed/ : `Did you mean \`${nearest}\`?`;
    expect(() => resolveOptions(options)).toThrow(hint);
  });

  it('The error repeats no value that can be secret', () => {
    for (const options of [
      { delivery: 'hush' },
      { delivery: { ca: 'hush' } },
      { delivery: { proxy: { password: 'hush' } } },
      { encryptionKeys: { id: 'hush' } },
      { encryptionKeys: 'hush' },
      { logger: 'hush' },
      { typo: 'hush' },
    ])
      expect(() => resolveOptions(options as never)).toThrow(/^(?!.*hush)/);
  });

  it('Options without a prototype, parsed options and a logger that is an instance of a class are accepted', () => {
    class Silent {
      debug(): void {}
      info(): void {}
      warn(): void {}
      error(): void {}
    }
    const logger = new Silent();
    const bare = Object.assign(Object.create(null), { waitMs: 7, logger });
    expect(resolveOptions(bare)).toMatchObject({ waitMs: 7, logger });
    expect(resolveOptions(JSON.parse('{"delivery":{"retries":2}}'))).toMatchObject({
      delivery: { retries: 2 },
    });
  });

  it('The error does not repeat the password of a proxy', () => {
    const delivery = { proxy: 'socks5://joe:hush@proxy.example' };
    expect(() => resolveOptions({ delivery })).toThrow(/^(?!.*hush).*http:\/\/user:pass@host:port/);
  });

  it('Options that are missing or undefined get their defaults at every level', () => {
    const unset = { waitMs: undefined, retention: { eventsMs: undefined } } as unknown as object;
    const resolved = resolveOptions({
      ...unset,
      delivery: { retries: 0, recipients: { ports: 'any' } },
    });
    expect(resolved).toMatchObject({
      dispatcher: 'default',
      work: true,
      waitMs: 10_000,
      connections: 2,
      retention: { eventsMs: 604_800_000, deliveriesMs: 2_592_000_000 },
      delivery: { retries: 0, timeoutMs: 3_000, maxConcurrency: 256, proxy: null, ca: [] },
    });
    expect(() => resolved.policy.checkTarget(new URL('ftp://example.com'))).toThrow('protocol');
    expect(() => resolved.policy.checkTarget(new URL('http://example.com:81'))).not.toThrow();
  });

  it('An invalid option rejects the attachment', async () => {
    const database = await createDatabase();
    const dataSource = newDataSource(database.url, { entities: [] });
    await dataSource.initialize();
    const attaching = ModelHooks.attach(dataSource, { sweepMs: 0 });
    await expect(attaching).rejects.toMatchObject({ code: 'OPTION_INVALID', option: 'sweepMs' });
    await dataSource.destroy();
    await database.drop();
  });
});

describe('checkSameOptions', () => {
  const dispatch = () => undefined;
  const dispatcher = { dispatch };
  const validate = () => undefined;
  const key = 'a'.repeat(32);
  const given: AttachOptions = {
    dispatcher,
    sweepMs: 7,
    logger: console,
    retention: { eventsMs: 1 },
    encryptionKeys: { new: key, old: 'b'.repeat(32) },
    telemetry: { traceparent: true },
    delivery: { retries: 3, recipients: { deny: ['8.8.8.0/24'], validators: [validate] } },
  };
  const attached = resolveOptions(given);
  const changed = (options: object): AttachOptions => ({ ...given, ...options });

  it('A second call may give no options, some of them, the same values in other objects, or defaults by name', () => {
    const same = [
      {},
      { work: undefined },
      changed({}),
      { sweepMs: 7 },
      { delivery: { recipients: {} }, retention: {} },
      changed({ encryptionKeys: undefined }),
      changed({ telemetry: { traceparent: true } }),
      changed({ telemetry: {} }),
      changed({ telemetry: true }),
      changed({ work: true, waitMs: 10_000 }),
      changed({ retention: { eventsMs: 1, deliveriesMs: 2_592_000_000 } }),
      changed({ encryptionKeys: { new: Buffer.from(key), old: 'b'.repeat(32) } }),
      changed({
        delivery: {
          timeoutMs: 3_000,
          retries: 3,
          recipients: { validators: [validate], deny: ['8.8.8.0/24'], ports: [80, 443] },
        },
      }),
    ];
    for (const options of same)
      expect(() => checkSameOptions(attached, options as AttachOptions)).not.toThrow();
  });

  it.each<{ option: string; options: object }>([
    { option: 'dispatcher', options: { dispatcher: { dispatch } } },
    { option: 'dispatcher', options: { dispatcher: 'inline' } },
    { option: 'logger', options: { logger: { ...console } } },
    { option: 'work', options: { work: false } },
    { option: 'sweepMs', options: { sweepMs: 8 } },
    { option: 'telemetry', options: { telemetry: false } },
    { option: 'telemetry', options: { telemetry: { traceparent: false } } },
    { option: 'retention.deliveriesMs', options: { retention: { eventsMs: 1, deliveriesMs: 0 } } },
    { option: 'delivery.retries', options: { delivery: { ...given.delivery, retries: 4 } } },
    {
      option: 'delivery.keepAlive',
      options: { delivery: { ...given.delivery, keepAlive: false } },
    },
    {
      option: 'delivery.recipients.deny',
      options: { delivery: { recipients: { deny: [] } } },
    },
    {
      option: 'delivery.recipients.validators',
      options: {
        delivery: {
          retries: 3,
          recipients: { deny: ['8.8.8.0/24'], validators: [() => undefined] },
        },
      },
    },
    { option: 'delivery.recipients', options: { delivery: { recipients: 'development' } } },
    { option: 'encryptionKeys', options: { encryptionKeys: { new: key } } },
    { option: 'encryptionKeys', options: { encryptionKeys: { old: 'b'.repeat(32), new: key } } },
  ])('A second call with another $option is refused: $options', ({ option, options }) => {
    expect(() => checkSameOptions(attached, changed(options))).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', option }),
    );
  });
});

describe('a second ModelHooks.attach', () => {
  it('The same options give the same attachment and others are refused, also after detach()', async () => {
    const attach = { work: false, delivery: { retries: 1 } };
    const { hooks, dataSource, stop } = await startApplication({ entities: [Person], attach });
    const again = (options?: object) => ModelHooks.attach(dataSource, options);
    const check = async () => {
      expect(await again()).toBe(hooks);
      await expect(again({ work: true })).rejects.toMatchObject({
        code: 'OPTION_INVALID',
        option: 'work',
      });
      await expect(again({ wrok: true })).rejects.toMatchObject({ option: 'wrok' });
    };
    await check();
    await hooks.detach();
    await check();
    await stop();
  });

  it('A value that is not a DataSource is refused', async () => {
    for (const dataSource of [null, undefined, {}, 'db'])
      await expect(ModelHooks.attach(dataSource as never)).rejects.toMatchObject({
        code: 'OPTION_INVALID',
        option: 'dataSource',
      });
  });
});
