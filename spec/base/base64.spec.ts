import fc from 'fast-check';
import { base64Bytes, base64UrlBytes } from '../../lib/base/base64';

const bytes = fc.uint8Array({ minLength: 1, maxLength: 70 }).map((one) => Buffer.from(one));

describe('base64Bytes', () => {
  it('Only the text that Node.js writes for some bytes is decoded', () => {
    fc.assert(
      fc.property(bytes, (one) => base64Bytes(one.toString('base64'))?.equals(one) === true),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii', maxLength: 12 }), (text) => {
        const decoded = base64Bytes(text);
        expect(decoded === null || decoded.toString('base64') === text).toBe(true);
      }),
    );
  });

  it.each([
    '',
    '=',
    '====',
    'YQ',
    'YQ=',
    'YR==',
    'YQ==YQ==',
    'YQ==\n',
    ' YQ==',
    '_-8=',
    'YQ==a',
    'Y*==',
  ])('The text %j is not decoded', (text) => {
    expect(base64Bytes(text)).toBeNull();
  });
});

describe('base64UrlBytes', () => {
  it('The text that Node.js writes for some bytes is decoded', () => {
    fc.assert(
      fc.property(bytes, (one) => base64UrlBytes(one.toString('base64url'))?.equals(one) === true),
    );
  });

  it.each(['', 'YQ==', 'YR', '+/8', 'YQ\n', 'Y', '*'])('The text %j is not decoded', (text) => {
    expect(base64UrlBytes(text)).toBeNull();
  });
});
