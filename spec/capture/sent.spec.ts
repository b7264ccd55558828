import { DataSource } from 'typeorm';
import type { HookEvent, ModelHookOptions } from '../../lib';
import type { ReadyEvent } from '../../lib/capture/outbox/outbox';
import { SizeLimits } from '../../lib/capture/outbox/size-limits';
import { sentEvent } from '../../lib/capture/sent';
import { MAX_TARGETS } from '../../lib/capture/targets';
import { defineHook } from '../../lib/hook/hook';
import { DELIVERY_DEFAULTS } from '../../lib/options/delivery-defaults';
import { Vault } from '../../lib/vault/vault';

const dataSource = new DataSource({ type: 'postgres' });
const logger = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };
beforeEach(() => jest.resetAllMocks());

type Resolve = NonNullable<ModelHookOptions['resolve']>;

function shipped(resolve?: unknown): ReadyEvent {
  const answers = resolve === undefined ? {} : { resolve: resolve as Resolve };
  return {
    hook: defineHook('order.shipped', { provides: ['number', 'lines'], ...answers }),
    operation: null,
    ref: 'https://example.test/7',
    sender: 'acme',
    headers: { 'X-Order': '7' },
    data: { number: 7, lines: [{ sku: 'a' }] },
    previous: null,
    rowId: null,
  };
}

const limits = new SizeLimits(DELIVERY_DEFAULTS, { find: () => undefined });

const sent = (event: ReadyEvent, onCaptureError: 'throw' | 'log' = 'throw') =>
  sentEvent(dataSource, event, { onCaptureError, logger, vault: new Vault(), limits });

describe('sentEvent', () => {
  it('An event whose hook has no `resolve` is returned unchanged', async () => {
    const event = shipped();
    expect(await sent(event)).toBe(event);
  });

  it('The `resolve` function receives the event as it will be sent, with its final id', async () => {
    const seen: HookEvent[] = [];
    const event = shipped((told: HookEvent) => {
      seen.push(told);
      return ['https://example.test/hook'];
    });
    const ready = await sent(event);
    expect(ready).toEqual({
      ...event,
      id: expect.any(String),
      targets: ['https://example.test/hook'],
    });
    expect(seen).toEqual([
      {
        id: ready?.id,
        hook: 'order.shipped',
        name: 'order.shipped',
        operation: null,
        ref: 'https://example.test/7',
        sender: 'acme',
        headers: { 'X-Order': '7' },
        occurredAt: expect.any(Date),
        data: { number: 7, lines: [{ sku: 'a' }] },
        previous: null,
        changed: ['number', 'lines'],
      },
    ]);
  });

  it('The event that the function receives is frozen, and the original is not', async () => {
    const parts: unknown[] = [];
    const event = shipped((told: HookEvent) => {
      const { data, headers, changed } = told;
      parts.push(told, data, data.lines, (data.lines as readonly object[])[0], headers, changed);
      return [];
    });
    await sent(event);
    expect(parts.map(Object.isFrozen)).toEqual(Array(6).fill(true));
    for (const own of [event, event.data, event.data.lines, event.headers])
      expect(Object.isFrozen(own)).toBe(false);
  });

  it('The function may return a promise, and an empty list becomes null', async () => {
    expect(await sent(shipped(async () => [{ url: 'https://example.test' }]))).toMatchObject({
      targets: [{ url: 'https://example.test' }],
    });
    expect(await sent(shipped(() => []))).toMatchObject({ targets: null });
  });

  const many = (count: number): string[] =>
    Array.from({ length: count }, (_, n) => `https://example.test/${n}`);

  it(`The function may return ${MAX_TARGETS} targets, which are stored as JSON`, async () => {
    const targets = many(MAX_TARGETS);
    expect((await sent(shipped(() => targets)))?.targets).toEqual(targets);
    const target = { url: 'https://example.test', owner: undefined, config: { at: new Date(0) } };
    expect((await sent(shipped(() => [target])))?.targets).toEqual([
      { url: 'https://example.test', config: { at: '1970-01-01T00:00:00.000Z' } },
    ]);
  });

  it.each<{ title: string; resolve: () => unknown; why: RegExp }>([
    {
      title: 'throws',
      resolve: () => {
        throw new RangeError('gone');
      },
      why: /RangeError was thrown/,
    },
    {
      title: 'rejects',
      resolve: () => Promise.reject(new RangeError('gone')),
      why: /RangeError was thrown/,
    },
    { title: 'gives nothing', resolve: () => undefined, why: /array/ },
    { title: 'gives a text', resolve: () => 'https://example.test', why: /array/ },
    { title: 'names null', resolve: () => [null], why: /array of URLs/ },
    { title: 'names options without a URL', resolve: () => [{ owner: 'a' }], why: /array of URLs/ },
    { title: 'names too many', resolve: () => many(MAX_TARGETS + 1), why: /at most 100/ },
  ])(
    'A `resolve` function that $title fails the capture as onCaptureError says',
    async ({ resolve, why }) => {
      await expect(sent(shipped(resolve))).rejects.toMatchObject({
        code: 'HOOK_CAPTURE_FAILED',
        hook: 'order.shipped',
        message: expect.stringMatching(why),
      });
      expect(logger.error).not.toHaveBeenCalled();
      expect(await sent(shipped(resolve), 'log')).toBeNull();
      expect(logger.error).toHaveBeenCalledWith(expect.stringContaining('dropped'), {
        error: expect.objectContaining({ code: 'HOOK_CAPTURE_FAILED' }),
      });
    },
  );
});
