import type { ListenerOptions } from '../../../lib';
import { validateOptions } from '../../../lib/listener/saved/validation';

const URL = 'https://example.com/hooks';

/** What each failing option is told. */
function reasons(options: object): Readonly<Record<string, readonly string[]>> {
  try {
    validateOptions({ url: URL, ...options } as ListenerOptions);
    return {};
  } catch (error) {
    expect(error).toMatchObject({ code: 'LISTENER_INVALID' });
    return (error as { fields: Readonly<Record<string, readonly string[]>> }).fields;
  }
}

describe('validateOptions', () => {
  it.each(
    Object.entries({
      timeoutMs: [0, 300_001, '3000', Number.NaN, Infinity, null],
      maxResponseBytes: [-1, 16_777_217, 1.5],
      maxPayloadBytes: [0, 268_435_457],
      disableAfterMs: [-1, Infinity],
      retries: [-1, 1_001, 1.5],
      retryDelayMs: [-1],
      retryFactor: [0.5, 101],
      retryMaxDelayMs: [-1],
      jitter: [-0.1, 1.1],
    }).map(([option, values]) => ({ option, values })),
  )('The error names `delivery.$option`', ({ option, values }) => {
    for (const value of values)
      expect(reasons({ delivery: { [option]: value } })).toEqual({
        delivery: [
          expect.stringMatching(`^delivery\\.${option} must be a (whole )?number .*; got `),
        ],
      });
  });

  it.each<{ options: object; field: string; message: string }>([
    {
      options: { delivery: { retries: -1 } },
      field: 'delivery',
      message: 'delivery.retries must be a whole number from 0 to 1000; got -1',
    },
    {
      options: { delivery: { retry: 1 } },
      field: 'delivery',
      message: 'delivery.retry does not exist. Did you mean `delivery.retries`?',
    },
    {
      options: { delivery: { maxConcurrency: 1 } },
      field: 'delivery',
      message: 'delivery.maxConcurrency does not exist.',
    },
    {
      options: { delivery: 'fast' },
      field: 'delivery',
      message: 'delivery must be an object of options; got a text',
    },
    {
      options: { delivery: [] },
      field: 'delivery',
      message: 'delivery must be an object of options; got a list',
    },
    {
      options: { secrett: 'hush' },
      field: 'secrett',
      message: 'secrett does not exist. Did you mean `secret`?',
    },
    {
      options: { retries: 1 },
      field: 'retries',
      message: 'retries does not exist. Did you mean `delivery.retries`?',
    },
  ])('The reason is complete: $message', ({ options, field, message }) => {
    expect(reasons(options)).toEqual({ [field]: [expect.stringContaining(message)] });
  });

  it('The error names each wrong member of `delivery` and the other wrong options', () => {
    const failing = reasons({ delivery: { retries: -1, typo: 1 }, key: '', ordred: true });
    expect(Object.keys(failing).sort()).toEqual(['delivery', 'key', 'ordred']);
    expect(failing.delivery).toHaveLength(2);
  });

  it.each(['__proto__', 'constructor'])('A listener has no option %s', (option) => {
    expect(reasons(JSON.parse(`{"${option}":{"replies":false}}`))).toHaveProperty([option]);
    expect(reasons({ delivery: JSON.parse(`{"${option}":{"retries":1}}`) })).toEqual({
      delivery: [expect.stringContaining(`delivery.${option} does not exist`)],
    });
  });

  it('The error repeats no secret', () => {
    for (const options of [{ typo: 'hush' }, { delivery: 'hush' }, { headers: { 'X A': 'hush' } }])
      expect(JSON.stringify(reasons(options))).not.toContain('hush');
  });

  it('Undefined counts as left out, and null means the default', () => {
    expect(reasons({ delivery: undefined, key: undefined })).toEqual({});
    expect(reasons({ delivery: { retries: undefined } })).toEqual({});
    expect(reasons({ delivery: null, key: null })).toEqual({});
  });
});
