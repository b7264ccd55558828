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
  it('opens what it sealed, whatever text it was, and shows nothing of it', () => {
    fc.assert(
      fc.property(text, place, (secret, where) => {
        const sealed = vault.seal(secret, where);
        expect(sealed).toMatch(/^enc:v1:k1:[\w-]+$/);
        expect(sealed).toHaveLength('enc:v1:k1:'.length + base64Length(28 + bytes(secret)));
        expect(vault.open(sealed, where)).toBe(secret);
      }),
    );
  });

  it('gives back what it stored without keys, with keys too', () => {
    fc.assert(
      fc.property(text, place, (secret, where) => {
        const stored = open.seal(secret, where);
        expect(keyIdOf(stored)).toBeNull();
        expect(open.open(stored, where)).toBe(secret);
        expect(rotated.open(stored, where)).toBe(secret);
      }),
    );
  });

  it('stores a text as it is without keys, unless it looks like a stored one', () => {
    expect(open.seal('whsec_abc', 'x')).toBe('whsec_abc');
    expect(open.seal('enc:v1:k1:abc', 'x')).toBe('enc:v0:enc:v1:k1:abc');
  });

  it('opens nothing of which one character was changed', () => {
    const sealed = vault.seal('the secret', 'here');
    const characters = fc.constantFrom(...'ABab09-_:=+/ é');
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), characters, (at, character) => {
        fc.pre(sealed[at] !== character);
        const changed = sealed.slice(0, at) + character + sealed.slice(at + 1);
        expect(openedOr(() => vault.open(changed, 'here'))).not.toBe('the secret');
        // Behind its mark. One whose mark was changed is a plain text, as any that could be put in its place.
        if (at >= 'enc:v1:'.length)
          expect(() => vault.open(changed, 'here')).toThrow(/does not open|does not hold/);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each(['', 'A', 'AAAA', 'A'.repeat(38), '='])('refuses a payload that is "%s"', (payload) => {
    expect(() => vault.open(`enc:v1:k1:${payload}`, 'x')).toThrow(
      expect.objectContaining({ code: 'SECRET_UNREADABLE' }),
    );
  });

  it('refuses what a later release may have stored', () => {
    expect(() => vault.open('enc:v2:k1:abc', 'x')).toThrow(
      expect.objectContaining({ code: 'SECRET_UNREADABLE' }),
    );
  });

  it('opens nothing in another place', () => {
    fc.assert(
      fc.property(place, place, (here, there) => {
        fc.pre(here !== there);
        expect(() => vault.open(vault.seal('s', here), there)).toThrow(
          expect.objectContaining({ code: 'SECRET_UNREADABLE' }),
        );
      }),
    );
  });

  it('opens nothing with another key under the same id', () => {
    const other = new Vault({ k1: K2 });
    expect(() => other.open(vault.seal('s', 'x'), 'x')).toThrow(
      expect.objectContaining({ code: 'SECRET_UNREADABLE' }),
    );
  });

  it('never uses a nonce twice, nor shows that two secrets are one', () => {
    const sealed = Array.from({ length: 2_000 }, () => vault.seal('same', 'same'));
    const nonces = sealed.map((one) =>
      Buffer.from(one.slice('enc:v1:k1:'.length), 'base64url').toString('hex', 0, 12),
    );
    expect(new Set(nonces).size).toBe(sealed.length);
  });

  it('seals with the first key, and opens with all of them', () => {
    expect(keyIdOf(rotated.seal('s', 'x'))).toBe('k2');
    expect(rotated.open(vault.seal('s', 'x'), 'x')).toBe('s');
    expect(rotated.ids).toEqual(['k2', 'k1']);
  });

  it('names the key that it lacks', () => {
    expect(() => vault.open(rotated.seal('s', 'x'), 'x')).toThrow(
      expect.objectContaining({ code: 'SECRET_KEY_MISSING', keys: ['k2'] }),
    );
    expect(() => open.open(vault.seal('s', 'x'), 'x')).toThrow(
      expect.objectContaining({ code: 'SECRET_KEY_MISSING', keys: ['k1'] }),
    );
  });

  it('knows what is stored as it would be today', () => {
    const [older, newer] = [vault.seal('s', 'x'), rotated.seal('s', 'x')];
    expect([older, newer, 's'].map((stored) => rotated.isCurrent(stored))).toEqual([
      false,
      true,
      false,
    ]);
    expect(open.isCurrent('s')).toBe(true);
  });

  it('has a digest for secrets that only who has the newest key can make', () => {
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

  it.each(forms)('may be %s', (_name, key, bytes) => {
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
  ])('are refused where one is $name, which the error does not show', ({ key }) => {
    const error = refusal({ old: key });
    expect(error).toMatchObject({ code: 'OPTION_INVALID', option: 'encryptionKeys.old' });
    if (typeof key === 'string' && key !== '') expect(error.message).not.toContain(key);
  });

  it.each(['', 'a b', 'a:b', 'ü', 'x'.repeat(65), 'a\nb'])('have no id like "%s"', (id) => {
    expect(refusal({ [id]: K1 })).toMatchObject({ option: 'encryptionKeys[0]' });
  });

  it('are not shown where one was taken for its id', () => {
    const key = K1.toString('hex');
    const error = refusal({ [key]: 'k1' });
    expect(error.option).toBe('encryptionKeys[0]');
    expect(JSON.stringify({ ...error, message: error.message })).not.toContain(key);
  });

  it('may bear a number only where there is one', () => {
    expect(new Vault({ 2026: K1 }).newest).toBe('2026');
    const error = refusal({ 2026: K2, k1: K1 });
    expect(error).toMatchObject({ option: 'encryptionKeys.2026' });
    expect(error.message).toContain('integers');
    expect(new Vault({ '2026-02': K2, '2026-01': K1 }).newest).toBe('2026-02');
  });

  it.each([null, 'k', 1])('are not %s', (keys) => {
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
