/** A special-purpose range: its CIDR, addresses in it (the first, one or more inside, the last), and the public ones beside it. */
export type RangeCase = readonly [
  cidr: string,
  inside: readonly string[],
  beside: readonly string[],
];

/**
 * Copied by hand from the registries and not from lib/, so that a mistake in lib/ is found.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 */
export const IPV4_RANGES: readonly RangeCase[] = [
  ['0.0.0.0/8', ['0.0.0.0', '0.0.0.1', '0.1.2.3', '0.255.255.255'], ['1.0.0.0']],
  ['10.0.0.0/8', ['10.0.0.0', '10.1.2.3', '10.255.255.255'], ['9.255.255.255', '11.0.0.0']],
  [
    '100.64.0.0/10',
    ['100.64.0.0', '100.100.100.200', '100.127.255.255'],
    ['100.63.255.255', '100.128.0.0'],
  ],
  [
    '127.0.0.0/8',
    ['127.0.0.0', '127.0.0.1', '127.0.1.1', '127.255.255.255'],
    ['126.255.255.255', '128.0.0.0'],
  ],
  [
    '169.254.0.0/16',
    ['169.254.0.0', '169.254.169.254', '169.254.170.2', '169.254.255.255'],
    ['169.253.255.255', '169.255.0.0'],
  ],
  [
    '172.16.0.0/12',
    ['172.16.0.0', '172.17.0.1', '172.31.255.255'],
    ['172.15.255.255', '172.32.0.0'],
  ],
  [
    '192.0.0.0/24',
    [
      '192.0.0.0',
      '192.0.0.7',
      '192.0.0.8',
      '192.0.0.9',
      '192.0.0.10',
      '192.0.0.170',
      '192.0.0.171',
      '192.0.0.192',
      '192.0.0.255',
    ],
    ['191.255.255.255', '192.0.1.0'],
  ],
  ['192.0.2.0/24', ['192.0.2.0', '192.0.2.1', '192.0.2.255'], ['192.0.1.255', '192.0.3.0']],
  [
    '192.31.196.0/24',
    ['192.31.196.0', '192.31.196.1', '192.31.196.255'],
    ['192.31.195.255', '192.31.197.0'],
  ],
  [
    '192.52.193.0/24',
    ['192.52.193.0', '192.52.193.1', '192.52.193.255'],
    ['192.52.192.255', '192.52.194.0'],
  ],
  [
    '192.88.99.0/24',
    ['192.88.99.0', '192.88.99.1', '192.88.99.2', '192.88.99.255'],
    ['192.88.98.255', '192.88.100.0'],
  ],
  [
    '192.168.0.0/16',
    ['192.168.0.0', '192.168.1.1', '192.168.255.255'],
    ['192.167.255.255', '192.169.0.0'],
  ],
  [
    '192.175.48.0/24',
    ['192.175.48.0', '192.175.48.6', '192.175.48.255'],
    ['192.175.47.255', '192.175.49.0'],
  ],
  [
    '198.18.0.0/15',
    ['198.18.0.0', '198.18.0.1', '198.19.255.255'],
    ['198.17.255.255', '198.20.0.0'],
  ],
  [
    '198.51.100.0/24',
    ['198.51.100.0', '198.51.100.7', '198.51.100.255'],
    ['198.51.99.255', '198.51.101.0'],
  ],
  [
    '203.0.113.0/24',
    ['203.0.113.0', '203.0.113.7', '203.0.113.255'],
    ['203.0.112.255', '203.0.114.0'],
  ],
  [
    '224.0.0.0/4',
    ['224.0.0.0', '224.0.0.251', '233.252.0.1', '239.255.255.255'],
    ['223.255.255.255'],
  ],
  ['240.0.0.0/4', ['240.0.0.0', '250.1.2.3', '255.255.255.254', '255.255.255.255'], []],
  ['168.63.129.16/32', ['168.63.129.16'], ['168.63.129.15', '168.63.129.17']],
];

const ONES = 'ffff:ffff:ffff:ffff';

/**
 * Two ranges are missing because the carried address decides: `::ffff:0:0/96` and `64:ff9b::/96`.
 *
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 * @see https://www.iana.org/assignments/ipv6-address-space
 */
export const IPV6_RANGES: readonly RangeCase[] = [
  ['::/128', ['::'], []],
  ['::1/128', ['::1'], []],
  ['::/96', ['::2', '::808:808', '::ffff:ffff'], []],
  ['::ffff:0:0:0/96', ['::ffff:0:0:0', '::ffff:0:808:808', '::ffff:0:ffff:ffff'], []],
  ['64:ff9b:1::/48', ['64:ff9b:1::', '64:ff9b:1::808:808', `64:ff9b:1:ffff:${ONES}`], []],
  ['100::/64', ['100::', '100::1', `100::${ONES}`], []],
  ['100:0:0:1::/64', ['100:0:0:1::', '100:0:0:1::1', `100:0:0:1:${ONES}`], []],
  ['2001::/32', ['2001::', '2001:0:4136:e378:8000:63bf:3fff:fdd2', `2001:0:ffff:ffff:${ONES}`], []],
  ['2001:1::/32', ['2001:1::1', '2001:1::2', '2001:1::3'], []],
  ['2001:2::/48', ['2001:2::', '2001:2:0:ffff::1'], []],
  ['2001:3::/32', ['2001:3::', '2001:3:ffff::1'], []],
  ['2001:4:112::/48', ['2001:4:112::', '2001:4:112:ffff::1'], []],
  ['2001:10::/28', ['2001:10::', '2001:1f:ffff::1'], []],
  ['2001:20::/28', ['2001:20::', '2001:2f:ffff::1'], []],
  ['2001:30::/28', ['2001:30::', '2001:3f:ffff::1'], []],
  [
    '2001::/23',
    ['2001:100::1', `2001:1ff:ffff:ffff:${ONES}`],
    [`2000:ffff:ffff:ffff:${ONES}`, '2001:200::'],
  ],
  [
    '2001:db8::/32',
    ['2001:db8::', '2001:db8:85a3::8a2e:370:7334', `2001:db8:ffff:ffff:${ONES}`],
    [`2001:db7:ffff:ffff:${ONES}`, '2001:db9::'],
  ],
  [
    '2002::/16',
    ['2002::', '2002:808:808::1', `2002:ffff:ffff:ffff:${ONES}`],
    [`2001:ffff:ffff:ffff:${ONES}`, '2003::'],
  ],
  [
    '2620:4f:8000::/48',
    ['2620:4f:8000::', '2620:4f:8000::42', `2620:4f:8000:ffff:${ONES}`],
    [`2620:4f:7fff:ffff:${ONES}`, '2620:4f:8001::'],
  ],
  [
    '3fff::/20',
    ['3fff::', '3fff:123::1', `3fff:fff:ffff:ffff:${ONES}`],
    [`3ffe:ffff:ffff:ffff:${ONES}`, '3fff:1000::'],
  ],
  ['5f00::/16', ['5f00::', '5f00::1', `5f00:ffff:ffff:ffff:${ONES}`], []],
  ['fc00::/7', ['fc00::', 'fd00:ec2::254', 'fd20:ce::254', `fdff:ffff:ffff:ffff:${ONES}`], []],
  ['fe80::/10', ['fe80::', 'fe80::1', 'fe80::a9fe:a9fe', `febf:ffff:ffff:ffff:${ONES}`], []],
  ['fec0::/10', ['fec0::', 'fec0:0:0:ffff::1', `feff:ffff:ffff:ffff:${ONES}`], []],
  ['ff00::/8', ['ff00::', 'ff02::1', 'ff0e::fb', `ffff:ffff:ffff:ffff:${ONES}`], []],
  // Only 2000::/3 of the rest is assigned.
  [
    '0::/3',
    ['::1:0:0:1', '64:ff9a::1', '200::1', '400::1', '1000::1', `1fff:ffff:ffff:ffff:${ONES}`],
    ['2000::'],
  ],
  [
    '4000::/2',
    ['4000::', '6000::1', `7fff:ffff:ffff:ffff:${ONES}`],
    [`3fff:ffff:ffff:ffff:${ONES}`],
  ],
  ['8000::/1', ['8000::', 'a000::1', 'e000::1', 'f800::1', 'fe00::1'], []],
];

/** Addresses of well-known services, which must be allowed. */
export const PUBLIC: readonly string[] = [
  '1.1.1.1',
  '8.8.8.8',
  '9.9.9.9',
  '52.95.110.1',
  '104.16.132.229',
  '140.82.121.4',
  '151.101.1.69',
  '223.5.5.5',
  '2001:4860:4860::8888',
  '2001:7fd::1',
  '2400:cb00:2048::1',
  '2606:4700:4700::1111',
  '2620:fe::fe',
  '2a00:1450:4001:81b::200e',
  '2a03:2880:f12d:83:face:b00c:0:25de',
  '2c0f:fb50:4003::1',
];

/** The four bytes of an IPv4 address. */
type Bytes = readonly [number, number, number, number];

const half = (a: number, b: number): string => (a * 256 + b).toString(16);
const low = ([a, b, c, d]: Bytes): string => `${half(a, b)}:${half(c, d)}`;
const inverted = ([a, b, c, d]: Bytes): Bytes => [a ^ 255, b ^ 255, c ^ 255, d ^ 255];
const PUBLIC_BYTES: Bytes = [8, 8, 8, 8];

export interface Carrier {
  readonly name: string;
  /** Whether an address of this form is public if the carried address is public. */
  readonly isPublic: boolean;
  readonly of: (dotted: string) => string;
}

/** All forms in which an IPv6 address carries an IPv4 address. */
export const CARRIERS: readonly Carrier[] = (
  [
    ['mapped', true, (bytes) => `::ffff:${low(bytes)}`],
    ['mapped, in full', true, (bytes) => `0:0:0:0:0:FFFF:${low(bytes)}`],
    ['mapped, dotted', true, (bytes) => `::ffff:${bytes.join('.')}`],
    ['NAT64', true, (bytes) => `64:ff9b::${low(bytes)}`],
    ['NAT64, dotted', true, (bytes) => `64:ff9b::${bytes.join('.')}`],
    ['ISATAP', true, (bytes) => `2a00:1450::5efe:${low(bytes)}`],
    ['ISATAP, of a unique address', true, (bytes) => `2a00:1450:1:2:200:5efe:${low(bytes)}`],
    ['ISATAP, link-local', false, (bytes) => `fe80::5efe:${bytes.join('.')}`],
    ['NAT64, local', false, (bytes) => `64:ff9b:1::${low(bytes)}`],
    ['compatible', false, (bytes) => `::${bytes.join('.')}`],
    ['SIIT', false, (bytes) => `::ffff:0:${low(bytes)}`],
    ['6to4', false, (bytes) => `2002:${low(bytes)}::1`],
    ['Teredo, client', false, (bytes) => `2001:0:${low(PUBLIC_BYTES)}:0:0:${low(inverted(bytes))}`],
    ['Teredo, server', false, (bytes) => `2001:0:${low(bytes)}:0:0:${low(inverted(PUBLIC_BYTES))}`],
  ] satisfies [string, boolean, (bytes: Bytes) => string][]
).map(([name, isPublic, of]) => ({
  name,
  isPublic,
  of: (dotted) => of(dotted.split('.').map(Number) as unknown as Bytes),
}));
