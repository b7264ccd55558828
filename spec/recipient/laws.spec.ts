import { BlockList } from 'node:net';
import fc from 'fast-check';
import type { RecipientOptions } from '../../lib/options/delivery';
import { RecipientPolicy } from '../../lib/recipient/policy';
import { CARRIERS, IPV4_RANGES, IPV6_RANGES } from './corpus';
import { verdictOf } from './verdict';

/** `allowed`, or the setting that refuses. */
function verdict(address: string, options: RecipientOptions = {}): string {
  return verdictOf(() => new RecipientPolicy(options).checkAddress(address));
}

function verdictOfUrl(url: string): string {
  return verdictOf(() => new RecipientPolicy().checkTarget(new URL(url)));
}

/** The registries, as Node.js reads them. */
function blockList(ranges: readonly (readonly [string, ...unknown[]])[], type: 'ipv4' | 'ipv6') {
  const list = new BlockList();
  for (const [cidr] of ranges) {
    const [network = '', bits] = cidr.split('/');
    list.addSubnet(network, Number(bits), type);
  }
  return { has: (address: string): boolean => list.check(address, type) };
}

const internalIPv4 = blockList(IPV4_RANGES, 'ipv4');
// BlockList takes a mapped address for the IPv4 one.
const internalIPv6 = blockList(IPV6_RANGES, 'ipv6');

const dottedOf = (number: number): string =>
  [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');

/** As often at the edges of the ranges as anywhere. */
const edges = IPV4_RANGES.flatMap(([, inside, beside]) => [...inside, ...beside]);
const anyIPv4 = fc.oneof(fc.nat({ max: 0xffffffff }).map(dottedOf), fc.constantFrom(...edges));
const publicIPv4 = anyIPv4.filter((address) => !internalIPv4.has(address));
const internalOnes = fc.constantFrom(...IPV4_RANGES).chain(([cidr]) => {
  const [network = '', bits] = cidr.split('/');
  const first = network.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
  return fc.nat({ max: 2 ** (32 - Number(bits)) - 1 }).map((offset) => dottedOf(first + offset));
});
const carrier = fc.constantFrom(...CARRIERS);
const groups = fc.array(fc.nat({ max: 0xffff }), { minLength: 8, maxLength: 8 });

describe('RecipientPolicy for any address', () => {
  it('An internal IPv4 address is refused in every form that carries it', () => {
    fc.assert(
      fc.property(internalOnes, carrier, (address, { of }) => {
        expect([verdict(address), verdict(of(address))]).toEqual(['allow', 'allow']);
      }),
    );
  });

  it('A public IPv4 address is allowed, even mapped or by NAT64', () => {
    fc.assert(
      fc.property(publicIPv4, carrier, (address, { of, isPublic }) => {
        expect(verdict(address)).toBe('allowed');
        expect(verdict(of(address))).toBe(isPublic ? 'allowed' : 'allow');
      }),
    );
  });

  it('The verdict on an IPv4 address agrees with the registry', () => {
    fc.assert(
      fc.property(anyIPv4, (address) => {
        expect(verdict(address)).toBe(internalIPv4.has(address) ? 'allow' : 'allowed');
      }),
    );
  });

  it('The verdict on an IPv6 address that carries no other agrees with the registries', () => {
    const prefix = fc.oneof(fc.constantFrom(0x2001, 0x2620, 0x3fff, 0x5f00), fc.nat(0xffff));
    fc.assert(
      fc.property(prefix, groups, (first, [, second = 0, ...rest]) => {
        fc.pre(rest[2] !== 0 && rest[3] !== 0x5efe);
        const address = [first, second, ...rest].map((group) => group.toString(16)).join(':');
        expect(verdict(address)).toBe(internalIPv6.has(address) ? 'allow' : 'allowed');
      }),
    );
  });

  it('The spelling of an IPv4 address does not matter', () => {
    fc.assert(
      fc.property(anyIPv4, (address) => {
        const bytes = address.split('.').map(Number);
        const number = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
        const [a, b, ...rest] = bytes;
        const spellings = [
          `${number}`,
          `0x${number.toString(16)}`,
          `0${number.toString(8)}`,
          bytes.map((byte) => `0x${byte.toString(16)}`).join('.'),
          bytes.map((byte) => `0${byte.toString(8)}`).join('.'),
          `${a}.${number % 2 ** 24}`,
          `${a}.${b}.${(rest[0] ?? 0) * 256 + (rest[1] ?? 0)}`,
          `${address}.`,
          `${address}..`,
          bytes.join('%2e'),
          bytes.join('。'),
        ];
        const verdicts = spellings.map((host) => verdictOfUrl(`http://${host}/`));
        expect(new Set(verdicts)).toEqual(new Set([verdict(address)]));
      }),
    );
  });

  it('The spelling of an IPv6 address does not matter', () => {
    const few = fc.array(fc.constantFrom(0, 0, 0, 1, 0x2606, 0xfe80, 0x5efe, 0xffff, 0x7f00), {
      minLength: 8,
      maxLength: 8,
    });
    fc.assert(
      fc.property(fc.oneof(few, groups), (words) => {
        const full = words.map((word) => word.toString(16).padStart(4, '0')).join(':');
        const [e = 0, f = 0] = words.slice(6);
        const dotted = [e >> 8, e & 255, f >> 8, f & 255].join('.');
        const short = new URL(`http://[${full}]`).hostname.slice(1, -1);
        const spellings = [
          short,
          full.toUpperCase(),
          words.map((word) => word.toString(16)).join(':'),
          `${full.split(':').slice(0, 6).join(':')}:${dotted}`,
        ];
        const verdicts = spellings.flatMap((address) => [
          verdict(address),
          verdictOfUrl(`https://[${address}]/`),
        ]);
        expect(new Set(verdicts)).toEqual(new Set([verdict(full)]));
      }),
    );
  });

  it('An address that carries a denied address is denied even if all else is allowed', () => {
    fc.assert(
      fc.property(anyIPv4, fc.nat({ max: 32 }), carrier, (address, bits, { of }) => {
        // `::` and `::1` are no compatible addresses.
        fc.pre(!['::0.0.0.0', '::0.0.0.1'].includes(of(address)));
        const everything = ['0.0.0.0/0', '::/0'];
        const options = { deny: [`${address}/${bits}`], allow: everything, blockInternal: false };
        expect([verdict(address, options), verdict(of(address), options)]).toEqual([
          'deny',
          'deny',
        ]);
      }),
    );
  });

  it('A CIDR of mapped addresses means the same as its IPv4 CIDR', () => {
    fc.assert(
      fc.property(anyIPv4, anyIPv4, fc.nat({ max: 32 }), (network, address, bits) => {
        const mapped = `::ffff:${network}/${96 + bits}`;
        for (const setting of ['allow', 'deny'] as const)
          expect(verdict(address, { [setting]: [mapped] })).toBe(
            verdict(address, { [setting]: [`${network}/${bits}`] }),
          );
      }),
    );
  });

  it.each<{ allow: readonly string[]; address: string; expected: string }>([
    { allow: ['10.0.0.0/8'], address: '2002:a00:1::', expected: 'allow' },
    { allow: ['2002::/16'], address: '2002:a00:1::', expected: 'allow' },
    { allow: ['2002::/16', '10.0.0.0/8'], address: '2002:a00:1::', expected: 'allowed' },
    { allow: ['2002::/16'], address: '2002:808:808::', expected: 'allowed' },
    { allow: ['2001::/32'], address: '2001:0:808:808::f5ff:fffe', expected: 'allow' },
    {
      allow: ['2001::/32', '10.0.0.0/8'],
      address: '2001:0:808:808::f5ff:fffe',
      expected: 'allowed',
    },
    { allow: ['2a00::/16'], address: '2a00::5efe:a00:1', expected: 'allow' },
    { allow: ['10.0.0.0/8'], address: '2a00::5efe:a00:1', expected: 'allowed' },
    { allow: ['10.0.0.0/8'], address: '64:ff9b::a00:1', expected: 'allowed' },
    { allow: ['64:ff9b::/96'], address: '64:ff9b::a00:1', expected: 'allow' },
    { allow: ['::/0'], address: '::ffff:10.0.0.1', expected: 'allow' },
    { allow: ['::1/128'], address: '::1', expected: 'allowed' },
    { allow: ['fe80::/10'], address: 'fe80::1', expected: 'allowed' },
    { allow: ['fe80::/10'], address: 'fe80::1%eth0', expected: 'allow' },
    { allow: ['::/0'], address: '2606:4700::1%1', expected: 'allow' },
  ])('Each internal member of $address must lie in a range of $allow', (values) => {
    expect(verdict(values.address, { allow: values.allow })).toBe(values.expected);
  });

  it.each([
    '010.0.0.1',
    '0x7f.0.0.1',
    '127.1',
    '2130706433',
    '127.0.0.1.',
    ' 8.8.8.8',
    '8.8.8.8/32',
    '[::1]',
    '::ffff:127.1',
    '1::2::3',
  ])('The text %j, which node:net does not accept, is no address', (address) => {
    expect(verdict(address, { blockInternal: false })).toBe('blockInternal');
  });
});
