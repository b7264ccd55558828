import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { keyIdOf, Vault } from '../../lib/vault/vault';

const [K1, K2] = [randomBytes(32), randomBytes(32)];
const vault = new Vault({ k1: K1 });
const rotated = new Vault({ k2: K2, k1: K1 });
const open = new Vault();

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string().map((end) => `enc:v1:k1:${end}`),
  fc.string().map((end) => `enc:v0:${end}`),
);
const place = fc.string({ unit: 'grapheme' });

describe('Vault', () => {
  it('The vault opens any text that it sealed, and the sealed form shows only its length', () => {
    fc.assert(
      fc.property(text, place, (secret, where) => {
        const sealed = vault.seal(secret, where);
        expect(sealed).toMatch(/^enc:v1:k1:[\w-]+$/);
        expect(sealed).toHaveLength('enc:v1:k1:'.length + base64Length(28 + bytes(secret)));
        expect(vault.open(sealed, where)).toBe(secret);
      }),
    );
  });

  it('A text that was stored without keys is returned unchanged, even with keys', () => {
    fc.assert(
      fc.property(text, place, (secret, where) => {
        const stored = open.seal(secret, where);
        expect(keyIdOf(stored)).toBeNull();
        expect(open.open(stored, where)).toBe(secret);
        expect(rotated.open(stored, where)).toBe(secret);
      }),
    );
  });

  it('Without keys a text is stored as it is, unless it looks like a sealed one', () => {
    expect(open.seal('whsec_abc', 'x')).toBe('whsec_abc');
    expect(open.seal('enc:v1:k1:abc', 'x')).toBe('enc:v0:enc:v1:k1:abc');
  });

  it('A sealed text with one changed character does not open', () => {
    const sealed = vault.seal('the secret', 'here');
    const characters = fc.constantFrom(...'ABab09-_:=+/ é');
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), characters, (at, character) => {
        fc.pre(sealed[at] !== character);
        const changed = sealed.slice(0, at) + character + sealed.slice(at + 1);
        expect(openedOr(() => vault.open(changed, 'here'))).not.toBe('the secret');
        // Behind its mark. One whose mark was changed is a plain text, as any that could be put in its place.
        if (at >= 'enc:v1:'.length)
          expect(() => vault.open(changed, 'here')).toThrow(/cannot be decrypted|does not contain/);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each(['', 'A', 'AAAA', 'A'.repeat(38), '='])('The payload "%s" is refused', (payload) => {
    expect(() => vault.open(`enc:v1:k1:${payload}`, 'x')).toThrow(
      expect.objectContaining({ code: 'SECRET_UNREADABLE' }),
    );
  });

  it('A format of a later release is refused', () => {
    expect(() => vault.open('enc:v2:k1:abc', 'x')).toThrow(
      expect.objectContaining({ code: 'SECRET_UNREADABLE' }),
    );
  });

  it('A sealed text does not open in another place', () => {
    fc.assert(
      fc.property(place, place, (here, there) => {
        fc.pre(here !== there);
        expect(() => vault.open(vault.seal('s', here), there)).toThrow(
          expect.objectContaining({ code: 'SECRET_UNREADABLE' }),
        );
      }),
    );
  });

  it('A sealed text does not open with another key under the same id', () => {
    const other = new Vault({ k1: K2 });
    expect(() => other.open(vault.seal('s', 'x'), 'x')).toThrow(
      expect.objectContaining({ code: 'SECRET_UNREADABLE' }),
    );
  });

  it('No nonce is used twice, so equal secrets look different', () => {
    const sealed = Array.from({ length: 2_000 }, () => vault.seal('same', 'same'));
    const nonces = sealed.map((one) =>
      Buffer.from(one.slice('enc:v1:k1:'.length), 'base64url').toString('hex', 0, 12),
    );
    expect(new Set(nonces).size).toBe(sealed.length);
  });

  it('The first key seals, and all keys open', () => {
    expect(keyIdOf(rotated.seal('s', 'x'))).toBe('k2');
    expect(rotated.open(vault.seal('s', 'x'), 'x')).toBe('s');
    expect(rotated.ids).toEqual(['k2', 'k1']);
  });

  it('The error of the vault names the key that is missing', () => {
    expect(() => vault.open(rotated.seal('s', 'x'), 'x')).toThrow(
      expect.objectContaining({ code: 'SECRET_KEY_MISSING', keys: ['k2'] }),
    );
    expect(() => open.open(vault.seal('s', 'x'), 'x')).toThrow(
      expect.objectContaining({ code: 'SECRET_KEY_MISSING', keys: ['k1'] }),
    );
  });

  it('isCurrent() is true only for texts that are stored as they would be today', () => {
    const [older, newer] = [vault.seal('s', 'x'), rotated.seal('s', 'x')];
    expect([older, newer, 's'].map((stored) => rotated.isCurrent(stored))).toEqual([
      false,
      true,
      false,
    ]);
    expect(open.isCurrent('s')).toBe(true);
  });

  it('The digest of a secret depends on the newest key', () => {
    expect(vault.digest('s')).toBe(new Vault({ other: K1 }).digest('s'));
    expect(vault.digest('s')).not.toBe(vault.digest('t'));
    expect(vault.digest('s')).not.toBe(rotated.digest('s'));
    expect(open.digest('s')).toBe('s');
  });
});

describe('the keys of a vault', () => {
  const ascii = K1.toString('hex').slice(0, 32);
  const forms: readonly [string, Uint8Array | string, Buffer][] = [
    ['a Buffer', K1, K1],
    ['a Uint8Array', new Uint8Array(K1), K1],
    ['base64', K1.toString('base64'), K1],
    ['base64 without padding', K1.toString('base64').replace('=', ''), K1],
    ['base64url', K1.toString('base64url'), K1],
    ['hexadecimal digits', K1.toString('hex'), K1],
    ['large hexadecimal digits', K1.toString('hex').toUpperCase(), K1],
    ['32 characters', ascii, Buffer.from(ascii)],
  ];

  it.each(forms)('A key may be given as %s', (_name, key, bytes) => {
    expect(new Vault({ k: key }).open(new Vault({ k: bytes }).seal('s', 'x'), 'x')).toBe('s');
  });

  it.each([
    { name: 'of 31 bytes', key: randomBytes(31) },
    { name: 'of 31 bytes in base64', key: randomBytes(31).toString('base64') },
    { name: 'of 33 bytes in base64', key: randomBytes(33).toString('base64') },
    { name: 'of 16 bytes in base64', key: randomBytes(16).toString('base64') },
    { name: 'of 32 characters that are not one byte each', key: 'ü'.repeat(32) },
    { name: 'of 62 hexadecimal digits', key: 'ab'.repeat(31) },
    { name: 'empty', key: '' },
    { name: 'unset', key: undefined },
    { name: 'a number', key: 1 },
  ])('A key that is $name is refused, and the error does not show it', ({ key }) => {
    const error = refusal({ old: key });
    expect(error).toMatchObject({ code: 'OPTION_INVALID', option: 'encryptionKeys.old' });
    if (typeof key === 'string' && key !== '') expect(error.message).not.toContain(key);
  });

  it.each(['', 'a b', 'a:b', 'ü', 'x'.repeat(65), 'a\nb'])('The key id "%s" is refused', (id) => {
    expect(refusal({ [id]: K1 })).toMatchObject({ option: 'encryptionKeys[0]' });
  });

  it('A key that was given in place of its id is not shown', () => {
    const key = K1.toString('hex');
    const error = refusal({ [key]: 'k1' });
    expect(error.option).toBe('encryptionKeys[0]');
    expect(JSON.stringify({ ...error, message: error.message })).not.toContain(key);
  });

  it('An integer may be a key id only if it is the only one', () => {
    expect(new Vault({ 2026: K1 }).newest).toBe('2026');
    const error = refusal({ 2026: K2, k1: K1 });
    expect(error).toMatchObject({ option: 'encryptionKeys.2026' });
    expect(error.message).toContain('integers');
    expect(new Vault({ '2026-02': K2, '2026-01': K1 }).newest).toBe('2026-02');
  });

  it.each([null, 'k', 1])('The value %s is refused as keys', (keys) => {
    expect(refusal(keys as never)).toMatchObject({ option: 'encryptionKeys' });
  });
});

function refusal(keys: Readonly<Record<string, unknown>>): Error & { option: string } {
  try {
    new Vault(keys as never);
  } catch (error) {
    return error as Error & { option: string };
  }
  throw new Error('The keys were taken.');
}

function openedOr(run: () => string): string | null {
  try {
    return run();
  } catch {
    return null;
  }
}

const bytes = (secret: string): number => Buffer.byteLength(secret);
const base64Length = (count: number): number => Math.ceil((count * 4) / 3);
