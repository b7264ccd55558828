import fc from 'fast-check';
import { isPattern, patternsOf } from '../../../lib/listener/declared/pattern';

describe('isPattern', () => {
  it.each([
    'person.created',
    '*',
    'person.*',
    '*.created',
    '*.v2.created',
    'shipped',
    'order.line.created',
    'größe.geändert',
  ])('isPattern() is true for %s', (text) => {
    expect(isPattern(text)).toBe(true);
  });

  it.each(['', ' ', '**', 'per*', '*.', '.*', 'a.*.b', 'a.b.*', '*.*', '*a', 'a b', 'a\n', '*.a*'])(
    'isPattern() is false for %j',
    (text) => {
      expect(isPattern(text)).toBe(false);
    },
  );

  it('isPattern() is false for a text longer than 255 characters', () => {
    expect(isPattern('a'.repeat(255))).toBe(true);
    expect(isPattern('a'.repeat(256))).toBe(false);
  });
});

describe('patternsOf', () => {
  it.each([
    { event: 'person.created', patterns: ['person.created', '*', 'person.*', '*.created'] },
    { event: 'shipped', patterns: ['shipped', '*'] },
    { event: 'a.b.c', patterns: ['a.b.c', '*', 'a.*', '*.b.c'] },
  ])('patternsOf() lists the patterns that mean $event', ({ event, patterns }) => {
    expect(patternsOf(event)).toEqual(patterns);
  });

  it('patternsOf() lists only valid patterns, and the event itself', () => {
    const part = fc.stringMatching(/^[a-z0-9_]{1,8}$/);
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
        const event = parts.join('.');
        expect(patternsOf(event).every(isPattern)).toBe(true);
        expect(patternsOf(event)).toContain(event);
      }),
    );
  });
});
