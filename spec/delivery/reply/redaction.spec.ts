import fc from 'fast-check';
import { discreet, redactor } from '../../../lib/delivery/reply/redaction';

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
