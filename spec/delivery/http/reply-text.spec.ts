import { replyText } from '../../../lib/delivery/http/reply-text';

const TEXT = '{"status":"failure","reason":"größer"}';

const utf16 = (text: string, isBigEndian = false): Buffer => {
  const bytes = Buffer.from(text, 'utf16le');
  return isBigEndian ? bytes.swap16() : bytes;
};
const latin1 = Buffer.from(TEXT, 'latin1');
const MARK = '\ufeff';

describe('replyText', () => {
  it.each<{ name: string; bytes: Buffer; type?: string }>([
    { name: 'UTF-8', bytes: Buffer.from(TEXT) },
    { name: 'UTF-8 with a mark', bytes: Buffer.from(MARK + TEXT) },
    {
      name: 'UTF-8 by its charset',
      bytes: Buffer.from(TEXT),
      type: 'application/json; charset=utf-8',
    },
    {
      name: 'UTF-8 with a mark and a wrong charset',
      bytes: Buffer.from(MARK + TEXT),
      type: 'a/b; charset=latin1',
    },
    { name: 'UTF-16 with a mark', bytes: utf16(MARK + TEXT) },
    { name: 'big-endian UTF-16 with a mark', bytes: utf16(MARK + TEXT, true) },
    { name: 'UTF-16 by its charset', bytes: utf16(TEXT), type: 'application/json; charset=utf-16' },
    {
      name: 'big-endian UTF-16 by its charset',
      bytes: utf16(TEXT, true),
      type: 'application/json;charset=UTF-16BE',
    },
    {
      name: 'little-endian UTF-16 by its charset',
      bytes: utf16(TEXT),
      type: 'a/b; charset="utf-16le"',
    },
    {
      name: 'big-endian UTF-16 that is named UTF-16',
      bytes: utf16(TEXT, true),
      type: 'a/b; charset=utf16',
    },
    { name: 'UTF-16 without mark and charset', bytes: utf16(TEXT) },
    {
      name: 'big-endian UTF-16 without mark and charset',
      bytes: utf16(TEXT, true),
      type: 'application/json',
    },
    { name: 'Latin-1 by its charset', bytes: latin1, type: 'application/json; charset=ISO-8859-1' },
    {
      name: 'Windows-1252 by its charset',
      bytes: latin1,
      type: 'text/plain; Charset = "windows-1252" ; a=b',
    },
    {
      name: 'UTF-8 with a charset that does not exist',
      bytes: Buffer.from(TEXT),
      type: 'a/b; charset=klingon',
    },
    { name: 'UTF-8 with an empty charset', bytes: Buffer.from(TEXT), type: 'a/b; charset=' },
  ])('A reply in $name is read', ({ bytes, type = null }) => {
    expect(replyText(bytes, type, false)).toBe(TEXT);
  });

  it('A reply in Shift_JIS is read by its charset', () => {
    const bytes = Buffer.from('93fa967b', 'hex');
    expect(replyText(bytes, 'text/plain; charset=Shift_JIS', false)).toBe('日本');
  });

  it.each([
    { bytes: Buffer.from('ä').subarray(0, 1), isCut: true, text: '' },
    { bytes: Buffer.from('ä').subarray(0, 1), isCut: false, text: '\ufffd' },
    { bytes: Buffer.from([0x61, 0xff, 0x62]), isCut: false, text: 'a\ufffdb' },
    { bytes: Buffer.alloc(0), isCut: false, text: '' },
    { bytes: Buffer.from([0]), isCut: false, text: '\0' },
  ])('The bytes $bytes are read as "$text"', ({ bytes, isCut, text }) => {
    expect(replyText(bytes, null, isCut)).toBe(text);
  });
});
