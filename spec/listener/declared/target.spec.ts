import {
  canonicalText,
  isTarget,
  originOf,
  parseTarget,
} from '../../../lib/listener/declared/target';

describe('parseTarget', () => {
  it('reads an absolute URL', () => {
    expect(parseTarget('https://example.com/hooks')).toEqual({
      kind: 'url',
      url: new URL('https://example.com/hooks'),
    });
  });

  it.each(['', 'example.com/hooks', '/hooks', 'handler', 'https://'])(
    'refuses %p, which is no absolute URL',
    (text) => {
      expect(isTarget(text)).toBe(false);
      expect(() => parseTarget(text)).toThrow('must be an absolute URL');
    },
  );
});

describe('canonicalText', () => {
  it.each(['https://EXAMPLE.com', 'https://example.com:443/', 'https://example.com/a/..'])(
    'is one text for all spellings of a target, such as %s',
    (text) => {
      expect(canonicalText(parseTarget(text))).toBe('https://example.com/');
    },
  );
});

describe('originOf', () => {
  it.each([
    ['https://example.com:8443/a?b', 'https://example.com:8443'],
    ['https://user:pass@example.com/a', 'https://example.com'],
  ])('holds the host and port of %s, and nothing secret', (text, origin) => {
    expect(originOf(parseTarget(text))).toBe(origin);
  });
});
