import { beginning } from '../../lib/base/beginning';

describe('beginning', () => {
  it.each([
    { text: 'abc', length: 5, begun: 'abc' },
    { text: 'abc', length: 2, begun: 'ab' },
    { text: 'a😀', length: 2, begun: 'a\ud83d' },
    { text: '', length: 0, begun: '' },
  ])('The first $length units of "$text" are "$begun"', ({ text, length, begun }) => {
    expect(beginning(text, length)).toBe(begun);
  });
});
