import fc from 'fast-check';
import { HookNotFoundError } from '../../lib';
import { oneLine } from '../../lib/base/one-line';

describe('oneLine', () => {
  it.each([
    ['plain', 'plain'],
    ['Größe 😀', 'Größe 😀'],
    ['a\nb', 'a\\nb'],
    ['a\r\nb', 'a\\u000d\\nb'],
    ['\x1b[31mred', '\\u001b[31mred'],
    ['a\u2028b\u2029c', 'a\\u2028b\\u2029c'],
    ['\0\x7f\x85', '\\u0000\\u007f\\u0085'],
  ])('oneLine() shows %j as %j', (text, shown) => {
    expect(oneLine(text)).toBe(shown);
  });

  it('The result of oneLine() contains no line break and no control character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(oneLine(text)).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      }),
    );
  });
});

describe('the message of a ModelHookError', () => {
  it('The message of an error is one line for any text that it quotes', () => {
    const { message } = new HookNotFoundError('x\n[error] forged\x1b[2J', []);
    expect(message).toBe('No hook "x\\n[error] forged\\u001b[2J" is attached; attached are: none.');
  });
});
