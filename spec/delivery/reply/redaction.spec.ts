import fc from 'fast-check';
import { discreet, redactor } from '../../../lib/delivery/reply/redaction';

const KEY = Buffer.from(Array.from({ length: 32 }, (_, n) => (n * 83 + 251) % 256));
const SECRET = `whsec_${KEY.toString('base64')}`;
const BASE64 = SECRET.slice(6);

/** Ways in which recipients write what they received. */
const WRITTEN: readonly { readonly way: string; readonly text: string }[] = [
  { way: 'as it is', text: SECRET },
  { way: 'without its prefix', text: BASE64 },
  { way: 'in base64', text: btoa(SECRET) },
  { way: 'in base64, behind one byte', text: btoa(`x${SECRET}`) },
  { way: 'in base64, behind two bytes', text: btoa(`xy${SECRET}`) },
  { way: 'in base64, in a header', text: btoa(`{"authorization":"${SECRET}"}`) },
  { way: 'in the alphabet of URLs', text: KEY.toString('base64url') },
  { way: 'in base64url', text: Buffer.from(SECRET).toString('base64url') },
  { way: 'in hexadecimal digits', text: Buffer.from(SECRET).toString('hex') },
  { way: 'as the key in hexadecimal digits', text: KEY.toString('hex') },
  { way: 'as the key in capital hexadecimal digits', text: KEY.toString('hex').toUpperCase() },
  { way: 'in a URL', text: encodeURIComponent(SECRET) },
  {
    way: 'in a URL, with small letters',
    text: encodeURIComponent(SECRET)
      .toLowerCase()
      .replace(/.*/, () =>
        encodeURIComponent(SECRET).replace(/%../g, (code) => code.toLowerCase()),
      ),
  },
  {
    way: 'in a URL, each character',
    text: [...Buffer.from(SECRET)].map((byte) => `%${byte.toString(16)}`).join(''),
  },
  { way: 'in a URL in a URL', text: encodeURIComponent(encodeURIComponent(SECRET)) },
  { way: 'in JSON, with slashes escaped', text: SECRET.replaceAll('/', '\\/') },
  { way: 'in JSON in JSON', text: JSON.stringify(SECRET.replaceAll('/', '\\/')) },
  {
    way: 'in JSON, each character',
    text: [...SECRET].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
  },
  { way: 'in HTML', text: SECRET.replaceAll('+', '&#43;').replaceAll('/', '&#x2F;') },
];

describe('redactor', () => {
  it.each([
    { text: 'it was abcdefgh', shown: 'it was [secret]' },
    { text: 'abcdefghabcdefgh', shown: '[secret][secret]' },
    { text: 'nothing of it', shown: 'nothing of it' },
    { text: '', shown: '' },
  ])('The text "$text" is shown as "$shown"', ({ text, shown }) => {
    expect(redactor(() => ['abcdefgh'])(text)).toBe(shown);
  });

  it.each([
    { secret: 'Bearer 0123456789', text: '{"token":"0123456789"}', shown: '{"token":"[secret]"}' },
    { secret: 'whsec_QUJDREVGR0g=', text: 'key QUJDREVGR0g=', shown: 'key [secret]=' },
    {
      secret: 'a"b\\c\nd',
      text: JSON.stringify({ got: 'a"b\\c\nd' }),
      shown: '{"got":"[secret]"}',
    },
    { secret: 'abc', text: 'abc is too short to hide', shown: 'abc is too short to hide' },
    { secret: '$&$&$&', text: 'a $&$&$& b', shown: 'a [secret] b' },
  ])('The secret $secret is removed from $text', ({ secret, text, shown }) => {
    expect(redactor(() => [secret])(text)).toBe(shown);
  });

  it.each(WRITTEN)('A secret that is written $way is removed', ({ text }) => {
    const redact = redactor(() => [SECRET]);
    expect(redact(`<<${text}>>`)).toMatch(/^<<.{0,30}\[secret\].{0,50}>>$/);
    expect(redact(`<<${text}>>`)).not.toContain(text.slice(-30, -14));
  });

  it.each(WRITTEN)(
    'A secret that is written $way is removed wherever the text is cut',
    ({ text }) => {
      const redact = redactor(() => [SECRET]);
      // Three characters, each with its escapes, give nothing away.
      const most = 4 * Math.ceil(text.length / SECRET.length);
      const whole = redact(text);
      const before = whole.indexOf('[secret]');
      const last = text.length - (whole.length - before - '[secret]'.length);
      for (let end = 1; end <= last; end += 1) {
        const kept = redact(text.slice(0, end), true).replace('[secret]', '');
        expect(kept.length).toBeLessThan(before + most);
      }
    },
  );

  it.each([
    {
      name: 'of basic authentication',
      secret: `Basic ${btoa('joe:hunter22')}`,
      text: 'no hunter22',
    },
    { name: 'of digits', secret: '12345678', text: '{"key":12345678}' },
    { name: 'with letters beyond ASCII', secret: 'größer😀', text: encodeURIComponent('größer😀') },
    { name: 'behind a scheme', secret: 'Token abcdefghij', text: 'abcdefghij' },
  ])('A secret $name is removed from $text', ({ secret, text }) => {
    expect(redactor(() => [secret])(text)).toContain('[secret]');
    expect(redactor(() => [secret])(text)).not.toContain(text.slice(-6));
  });

  it('The end of a text is left alone if the text was not cut', () => {
    expect(redactor(() => [SECRET])(`a key starts with ${SECRET.slice(0, 6)}`)).toContain('whsec_');
  });

  it('No secret of four or more characters remains', () => {
    const secret = fc.string({ unit: 'binary', minLength: 4, maxLength: 40 });
    fc.assert(
      fc.property(fc.array(secret), fc.string(), (secrets, around) => {
        const redact = redactor(() => secrets);
        for (const one of secrets) {
          fc.pre(!'[secret]'.includes(one));
          const shown = redact(`${around}${one}${around}`);
          expect(shown).not.toBe(`${around}${one}${around}`);
          expect(shown.replaceAll('[secret]', '')).not.toContain(`${around}${one}${around}`);
        }
      }),
    );
  });
});

describe('discreet', () => {
  const redact = redactor(() => ['the secret']);

  it('A reason is put on one line without secrets', () => {
    const reason = 'no\n[error] the secret\x1b[2J';
    expect(discreet({ kind: 'failed', reason }, redact)).toEqual({
      kind: 'failed',
      reason: 'no\\n[error] [secret]\\u001b[2J',
    });
    expect(discreet({ kind: 'retrying', afterMs: 1, reason }, redact)).toMatchObject({
      afterMs: 1,
      reason: expect.stringContaining('[secret]'),
    });
  });

  it('A reason is cut at 1,024 characters, after its secrets were removed', () => {
    for (let at = 1_010; at <= 1_024; at += 1) {
      const reason = `${'x'.repeat(at)}the secret${'y'.repeat(100)}`;
      const { reason: shown } = discreet({ kind: 'failed', reason }, redact) as { reason: string };
      expect(shown).toBe(`${'x'.repeat(at)}[secret]${'y'.repeat(100)}`.slice(0, 1_024));
    }
  });

  it('A secret of digits is removed from the numbers of a retval', () => {
    const outcome = { kind: 'done', retval: { key: 12345678, n: 1 } } as const;
    expect(
      discreet(
        outcome,
        redactor(() => ['12345678']),
      ),
    ).toEqual({
      kind: 'done',
      retval: { key: '[secret]', n: 1 },
    });
  });

  it('Secrets are removed from a retval at every depth', () => {
    const retval = { a: ['the secret', 1, null, { 'the secret': true }], ['__proto__']: 'x' };
    expect(discreet({ kind: 'done', retval }, redact)).toEqual({
      kind: 'done',
      retval: { a: ['[secret]', 1, null, { '[secret]': true }], ['__proto__']: 'x' },
    });
  });

  it.each([{ kind: 'done' }, { kind: 'rescheduled', afterMs: 1 }] as const)(
    'The outcome %j is left unchanged',
    (outcome) => {
      expect(discreet(outcome, redact)).toEqual(outcome);
    },
  );
});
