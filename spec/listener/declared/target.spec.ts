import {
  canonicalText,
  isTarget,
  originOf,
  parseTarget,
} from '../../../lib/listener/declared/target';

describe('parseTarget', () => {
  it('An absolute URL is a target', () => {
    expect(parseTarget('https://example.com/hooks')).toEqual({
      kind: 'url',
      url: new URL('https://example.com/hooks'),
    });
  });

  it.each(['', 'example.com/hooks', '/hooks', 'handler', 'https://'])(
    'The text %p is refused, because it is no absolute URL',
    (text) => {
      expect(isTarget(text)).toBe(false);
      expect(() => parseTarget(text)).toThrow('must be an absolute URL');
    },
  );

  it.each([
    'Handler:x',
    ' handler:x',
    'HANDLER:x',
    '\thandler:x',
    'handler:',
    'handler: x',
    'handler:x ',
    'handler:a  b',
    `handler:${'x'.repeat(201)}`,
  ])('The text %p is refused, because it is neither a handler nor a URL', (text) => {
    expect(isTarget(text)).toBe(false);
    expect(() => parseTarget(text)).toThrow('or a handler');
  });
});

describe('canonicalText', () => {
  it.each(['https://EXAMPLE.com', 'https://example.com:443/', 'https://example.com/a/..'])(
    'The canonical text is the same for all spellings of a target, such as %s',
    (text) => {
      expect(canonicalText(parseTarget(text))).toBe('https://example.com/');
    },
  );
});

describe('originOf', () => {
  it.each([
    ['https://example.com:8443/a?b', 'https://example.com:8443'],
    ['https://user:pass@example.com/a', 'https://example.com'],
  ])('The origin of %s holds the host and port, and nothing secret', (text, origin) => {
    expect(originOf(parseTarget(text))).toBe(origin);
  });
});
