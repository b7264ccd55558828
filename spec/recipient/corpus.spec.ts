import { RecipientPolicy } from '../../lib/recipient/policy';
import { CARRIERS, IPV4_RANGES, IPV6_RANGES, PUBLIC } from './corpus';
import { HOSTS } from './corpus-hosts';
import { verdictOf } from './verdict';

const policy = new RecipientPolicy();

const ofAddress = (address: string): string => verdictOf(() => policy.checkAddress(address));

const ofHost = (host: string): string => {
  const url = `http://${host}/`;
  return URL.canParse(url) ? verdictOf(() => policy.checkTarget(new URL(url))) : 'malformed';
};

const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address);

const RANGES = [...IPV4_RANGES, ...IPV6_RANGES];
const INSIDE = RANGES.flatMap(([cidr, inside]) => inside.map((address) => ({ cidr, address })));
const BESIDE = RANGES.flatMap(([cidr, , beside]) => beside.map((address) => ({ cidr, address })));

/** One of each IPv4 range. */
const INTERNAL_CARGO = IPV4_RANGES.map(([, [first = '']]) => first);
const CARRIED = CARRIERS.flatMap(({ name, of, isPublic }) => [
  ...INTERNAL_CARGO.map((cargo) => ({ name, address: of(cargo), expected: 'allow' })),
  ...['8.8.8.8', '1.0.0.0', '223.255.255.255'].map((cargo) => ({
    name,
    address: of(cargo),
    expected: isPublic ? 'allowed' : 'allow',
  })),
]);

describe('the recipients of the public internet', () => {
  it('The corpus of addresses has more than 300 cases', () => {
    const count = INSIDE.length + BESIDE.length + CARRIED.length + HOSTS.length + PUBLIC.length;
    expect(count).toBeGreaterThan(300);
  });

  it.each(INSIDE)('The address $address in $cidr is refused as internal', ({ address }) => {
    expect(ofAddress(address)).toBe('allow');
    expect(ofHost(bracketed(address))).toBe('allow');
  });

  it.each(BESIDE)('The address $address, just outside of $cidr, is allowed', ({ address }) => {
    expect(ofAddress(address)).toBe('allowed');
    expect(ofHost(bracketed(address))).toBe('allowed');
  });

  it.each(PUBLIC)('The public address %s is allowed', (address) => {
    expect(ofAddress(address)).toBe('allowed');
    expect(ofHost(bracketed(address))).toBe('allowed');
  });

  it.each(CARRIED)(
    'An address of the form $name counts by what it carries, $address: $expected',
    ({ address, expected }) => {
      expect(ofAddress(address)).toBe(expected);
      expect(ofHost(bracketed(address))).toBe(expected);
    },
  );

  it.each(HOSTS)('The host %s gets the verdict %s', (host, expected) => {
    expect(ofHost(host)).toBe(expected);
  });
});
