import { createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { OptionInvalidError } from 'typeorm-model-hooks';
import {
  type ReceivedHeaders,
  VerificationError,
  type VerifyOptions,
  verify,
} from 'typeorm-model-hooks/receiver';
import { startReceiver } from '../support/receivers/receiver';
import { BODY, ID, NOW, SECRET, signed } from '../support/receivers/signed';
import { UNUSABLE_SECRETS } from '../support/values/unusable-secrets';

const now = () => NOW;

function refusal(
  headers: ReceivedHeaders,
  said: VerifyOptions & { body?: unknown; secret?: string | string[] } = {},
): VerificationError {
  const { body, secret, ...options } = { body: BODY, secret: SECRET, now, ...said };
  try {
    verify(headers, body as string, secret, options);
  } catch (error) {
    expect(error).toBeInstanceOf(VerificationError);
    return error as VerificationError;
  }
  throw new Error('It was accepted.');
}

describe('verify', () => {
  it('verify() returns the signed id and timestamp and what the other headers say', () => {
    const headers = { ...signed(), 'hook-event': 'person.created', 'hook-attempt': '3' };
    const expected = { id: ID, timestamp: new Date(NOW), event: 'person.created', attempt: 3 };
    expect(verify(headers, BODY, SECRET, { now })).toEqual({
      ...expected,
      isTest: false,
      body: JSON.parse(BODY),
      data: JSON.parse(BODY),
    });
    expect(verify({ ...headers, 'hook-test': '1' }, BODY, SECRET, { now }).isTest).toBe(true);
    expect(verify(signed(), BODY, SECRET, { now })).toMatchObject({ event: null, attempt: null });
  });

  it.each([
    ['gr%C3%B6%C3%9Fe', 'größe'],
    ['a%zz', 'a%zz'],
  ])('The event header %p is read as %p', (sent, event) => {
    expect(verify({ ...signed(), 'hook-event': sent }, BODY, SECRET, { now }).event).toBe(event);
  });

  it.each(['0', '-1', '1.5', 'x', '1e3'])('The attempt header %p is read as no attempt', (text) => {
    const headers = { ...signed(), 'hook-attempt': text };
    expect(verify(headers, BODY, SECRET, { now }).attempt).toBeNull();
  });

  it.each<{ name: string; headers: ReceivedHeaders }>([
    { name: 'Headers', headers: new Headers(signed()) },
    { name: 'names in capitals', headers: capitals(signed()) },
    { name: 'lists of one value', headers: lists(signed()) },
    { name: 'a Map', headers: new Map(Object.entries(signed())) as unknown as Headers },
  ])('verify() reads headers given as $name', ({ headers }) => {
    expect(verify(headers, BODY, SECRET, { now }).id).toBe(ID);
  });

  it('verify() reads the headers of node:http', async () => {
    const seen: IncomingHttpHeaders[] = [];
    const receiver = await startReceiver((request, response) => {
      seen.push(request.headers);
      response.end();
    });
    await fetch(receiver.url, { headers: signed() });
    await receiver.close();
    expect(verify(seen[0] ?? {}, BODY, SECRET, { now }).id).toBe(ID);
  });

  it.each([
    ['a Buffer', Buffer.from(BODY)],
    ['a Uint8Array', new TextEncoder().encode(BODY)],
    ['a part of a larger buffer', new Uint8Array(Buffer.from(`xx${BODY}`)).subarray(2)],
  ])('The body may be %s', (_, body) => {
    expect(verify(signed(), body, SECRET, { now }).id).toBe(ID);
  });

  it('The body may be bytes that are not text', () => {
    const body = new Uint8Array([0, 255, 128, 10]);
    expect(verify(signed({ body }), body, SECRET, { now }).id).toBe(ID);
  });

  it('One matching pair among several secrets and several signatures is enough', () => {
    const other = 'a plain secret';
    const both = `v1a,xx ${signed()['webhook-signature']} ${signed({ secret: other })['webhook-signature']}`;
    const headers = { ...signed(), 'webhook-signature': both };
    for (const secret of [SECRET, other, [other, 'a third'], ['a third', SECRET]])
      expect(verify(headers, BODY, secret, { now }).id).toBe(ID);
    expect(refusal(headers, { secret: ['a third', 'a fourth'] }).reason).toBe('signature-mismatch');
  });

  it.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])(
    'The error says that %s is missing',
    (name) => {
      for (const value of ['', undefined]) {
        const error = refusal({ ...signed(), [name]: value });
        expect(error).toMatchObject({ code: 'SIGNATURE_INVALID', reason: 'header-missing' });
        expect(error.message).toContain(name);
      }
    },
  );

  it.each(['', ' ', '-1', '1.5', '1e9', '01767225600', '0x10', '1767225600000000', 'NaN', '1 '])(
    'The text %p is not accepted as a timestamp',
    (text) => {
      const { reason } = refusal({ ...signed(), 'webhook-timestamp': text });
      expect(reason).toBe(text === '' ? 'header-missing' : 'timestamp-invalid');
    },
  );

  it.each([
    { agoMs: 300_000, toleranceMs: 300_000, reason: null },
    { agoMs: 301_000, toleranceMs: 300_000, reason: 'timestamp-too-old' },
    { agoMs: -300_000, toleranceMs: 300_000, reason: null },
    { agoMs: -301_000, toleranceMs: 300_000, reason: 'timestamp-too-new' },
    { agoMs: 1_000, toleranceMs: 0, reason: 'timestamp-too-old' },
    { agoMs: 1e9, toleranceMs: Number.POSITIVE_INFINITY, reason: null },
  ])(
    'The refusal of a request signed $agoMs ms ago within $toleranceMs ms is $reason',
    (values) => {
      const { agoMs, toleranceMs, reason } = values;
      const headers = signed({ agoMs });
      if (reason === null) verify(headers, BODY, SECRET, { now, toleranceMs });
      else {
        const error = refusal(headers, { toleranceMs });
        expect(error.reason).toBe(reason);
        expect(error.message).toContain(`${Math.abs(agoMs) / 1_000} s`);
      }
    },
  );

  it('The current time is the default clock', () => {
    expect(() => verify(signed({ agoMs: NOW }), BODY, SECRET)).toThrow(VerificationError);
  });

  it.each([
    { name: 'a parsed object', body: { name: 'Joe' }, said: 'an Object' },
    { name: 'a parsed array', body: [1], said: 'an Array' },
    { name: 'an ArrayBuffer', body: new ArrayBuffer(2), said: 'an ArrayBuffer' },
    { name: 'nothing', body: undefined, said: 'undefined' },
    { name: 'null', body: null, said: 'null' },
    { name: 'an object without a class', body: Object.create(null), said: 'an object' },
  ])('The error says that $name is not a raw body', ({ body, said }) => {
    const error = refusal(signed(), { body });
    expect(error.reason).toBe('body-not-raw');
    expect(error.message).toContain(said);
    expect(error.message).toContain('raw bytes as received');
  });

  it('The error of a mismatch says what to check, and shows nothing of body and secret', () => {
    const error = refusal(signed(), { body: `${BODY} ` });
    expect(error.reason).toBe('signature-mismatch');
    expect(error.message).toContain('the body must be the raw bytes as received');
    expect(error.message).not.toMatch(/Jörg|MfKQ/);
  });

  it.each(['v1', 'v1,', 'v2,x', ',', '  ', 'v1,é', 'v1,'.padEnd(4_000, 'v1, ')])(
    'No signature is found in %p',
    (text) => {
      const { reason } = refusal({ ...signed(), 'webhook-signature': text });
      expect(reason).toBe('signature-mismatch');
    },
  );

  it.each<{ secret: unknown }>([
    ...UNUSABLE_SECRETS.map((secret) => ({ secret })),
    { secret: [] },
    { secret: [SECRET, ''] },
    { secret: [SECRET, 'whsec_*****'] },
    { secret: undefined },
    { secret: null },
    { secret: [undefined] },
    { secret: { length: 1 } },
    { secret: Buffer.from('abc') },
  ])('The secret $secret is refused because anybody could have signed with it', ({ secret }) => {
    const headers = { ...signed(), 'webhook-signature': signatureOf('') };
    expect(() => verify(headers, BODY, secret as string, { now })).toThrow(OptionInvalidError);
  });

  it.each([Number.NaN, -1])('A tolerance of %p is refused', (toleranceMs) => {
    expect(() => verify(signed(), BODY, SECRET, { now, toleranceMs })).toThrow(OptionInvalidError);
  });
});

/** The signature by a key that a lenient decoder makes of a masked secret. */
function signatureOf(key: string): string {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp } = signed();
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${BODY}`).digest('base64')}`;
}

function capitals(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([k, v]) => [k.toUpperCase(), v]));
}

function lists(headers: Record<string, string>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(headers).map(([k, v]) => [k, [v]]));
}
