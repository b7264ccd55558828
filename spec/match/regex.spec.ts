import { RegexUnsupportedError } from '../../lib/errors/listener-errors';
import { compiled } from '../../lib/match/regex';

const finds = (pattern: string, text: string): boolean => compiled(pattern).matcher(text).find();

describe('compiled', () => {
  it.each([
    { name: 'a look-ahead', pattern: 'a(?=b)' },
    { name: 'a negative look-ahead', pattern: 'a(?!b)' },
    { name: 'a look-behind', pattern: '(?<=a)b' },
    { name: 'a negative look-behind', pattern: '(?<!a)b' },
    { name: 'a back-reference', pattern: '(a)\\1' },
    { name: 'a named back-reference', pattern: '(?<x>a)\\k<x>' },
    { name: 'a group that is not closed', pattern: '(a' },
    { name: 'nothing to repeat', pattern: '*a' },
    { name: 'an unknown escape', pattern: '\\y' },
    { name: 'a repetition beyond 1,000', pattern: 'a{1001}' },
  ])('compiled() refuses $name', ({ pattern }) => {
    expect(() => compiled(pattern)).toThrow(RegexUnsupportedError);
    expect(() => compiled(pattern)).toThrow(expect.objectContaining({ pattern }));
  });

  it.each([
    { pattern: 'oe', text: 'Joe', found: true },
    { pattern: '^oe', text: 'Joe', found: false },
    { pattern: '^J.e$', text: 'Joe', found: true },
    { pattern: '(?i)JOE', text: 'joe', found: true },
    { pattern: '^.$', text: '😀', found: true },
    { pattern: '\\pL', text: 'ä', found: true },
    { pattern: '^b$', text: 'a\nb', found: false },
    { pattern: '(?m)^b$', text: 'a\nb', found: true },
    { pattern: '', text: '', found: true },
  ])('The result of a search of $text for $pattern is $found', ({ pattern, text, found }) => {
    expect(finds(pattern, text)).toBe(found);
  });

  it('A compiled pattern answers where a backtracking engine would hang', () => {
    const text = `${'a'.repeat(100_000)}!`;
    expect(finds('^(a+)+$', text)).toBe(false);
    expect(finds('(a+)+$', 'a'.repeat(100_000))).toBe(true);
  });

  it('A compiled pattern is cached, and is compiled again after 1,000 others', () => {
    const first = compiled('kept-0');
    expect(compiled('kept-0')).toBe(first);
    for (let n = 1; n <= 1_000; n += 1) compiled(`kept-${n}`);
    expect(compiled('kept-0')).not.toBe(first);
    expect(finds('kept-0', 'it is kept-0')).toBe(true);
  });
});
