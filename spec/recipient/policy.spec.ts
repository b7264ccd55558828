import fc from 'fast-check';
import { OptionInvalidError } from '../../lib/errors/option-errors';
import type { RecipientOptions } from '../../lib/options/delivery';
import { RecipientPolicy } from '../../lib/recipient/policy';
import { verdictOf } from './verdict';

type Options = RecipientOptions | 'development';

/** What a policy says of a URL: `'allowed'`, or the setting that refuses it. */
function verdict(url: string, options: Options = {}): string {
  return verdictOf(() => new RecipientPolicy(options).checkTarget(new URL(url)));
}

function verdictOfAddress(address: string, options: Options = {}): string {
  return verdictOf(() => new RecipientPolicy(options).checkAddress(address));
}

const anyPort = { ports: 'any' } as const;

describe('RecipientPolicy', () => {
  const environment = process.env.NODE_ENV;
  afterEach(() => {
    process.env.NODE_ENV = environment;
  });

  it.each([
    'https://example.com/hooks?a=1',
    'http://example.com',
    'https://example.com:80',
    'https://8.8.8.8/',
    'https://[2606:4700:4700::1111]/',
    'https://localhost.example.com/',
    'https://notlocalhost/',
    'https://10.0.0.1.example.com/',
  ])('The URL %s is allowed by default', (url) => {
    expect(verdict(url)).toBe('allowed');
  });

  it.each([
    { url: 'ftp://example.com', setting: 'protocols' },
    { url: 'file:///etc/passwd', setting: 'protocols' },
    { url: 'javascript:alert(1)', setting: 'protocols' },
    { url: 'data:text/plain,x', setting: 'protocols' },
    { url: 'ws://example.com', setting: 'protocols' },
    { url: 'https://joe@example.com', setting: 'protocols' },
    { url: 'https://:secret@example.com', setting: 'protocols' },
    { url: 'https://example.com:8443', setting: 'ports' },
    { url: 'http://example.com:22', setting: 'ports' },
    { url: 'http://example.com:0', setting: 'ports' },
  ])('The URL $url is refused by `$setting`', ({ url, setting }) => {
    expect(verdict(url)).toBe(setting);
  });

  it.each([
    { name: 'loopback', host: '127.0.0.1' },
    { name: 'loopback beyond .1', host: '127.8.7.6' },
    { name: 'decimal', host: '2130706433' },
    { name: 'octal', host: '0177.0.0.1' },
    { name: 'hex', host: '0x7f000001' },
    { name: 'hex parts', host: '0x7f.0.0.0x1' },
    { name: 'a short form', host: '127.1' },
    { name: 'a trailing dot', host: '127.0.0.1.' },
    { name: 'full-width digits', host: '１２７.0.0.1' },
    { name: 'an encoded dot', host: '127%2e0.0.1' },
    { name: 'this network', host: '0.0.0.0' },
    { name: 'zero', host: '0' },
    { name: 'private', host: '10.0.0.1' },
    { name: 'private', host: '172.16.0.1' },
    { name: 'private', host: '192.168.1.1' },
    { name: 'link-local, where clouds keep credentials', host: '169.254.169.254' },
    { name: 'shared by carriers', host: '100.64.0.1' },
    { name: 'for benchmarks', host: '198.18.0.1' },
    { name: 'for documentation', host: '192.0.2.1' },
    { name: 'multicast', host: '224.0.0.1' },
    { name: 'reserved', host: '240.0.0.1' },
    { name: 'broadcast', host: '255.255.255.255' },
    { name: 'IPv6 loopback', host: '[::1]' },
    { name: 'IPv6 loopback in full', host: '[0:0:0:0:0:0:0:1]' },
    { name: 'IPv6 unspecified', host: '[::]' },
    { name: 'mapped IPv4', host: '[::ffff:127.0.0.1]' },
    { name: 'mapped IPv4 in hex', host: '[::ffff:7f00:1]' },
    { name: 'compatible IPv4', host: '[::127.0.0.1]' },
    { name: 'compatible IPv4 in hex', host: '[::7f00:1]' },
    { name: 'translated IPv4', host: '[64:ff9b::7f00:1]' },
    { name: '6to4', host: '[2002:7f00:1::]' },
    { name: 'Teredo', host: '[2001::1]' },
    { name: 'unique local', host: '[fd00::1]' },
    { name: 'link-local IPv6', host: '[fe80::1]' },
    { name: 'site-local', host: '[fec0::1]' },
    { name: 'IPv6 multicast', host: '[ff02::1]' },
    { name: 'IPv6 that nobody was given', host: '[4000::1]' },
    { name: 'localhost', host: 'localhost' },
    { name: 'localhost in capitals', host: 'LOCALHOST' },
    { name: 'localhost with a dot', host: 'localhost.' },
    { name: 'a name under localhost', host: 'api.localhost' },
  ])('An internal address is refused: $name, $host', ({ host }) => {
    expect(verdict(`http://${host}/`)).toBe('allow');
  });

  it.each([
    { text: '8.8.8.8', verdict: 'allowed' },
    { text: '2606:4700:4700::1111', verdict: 'allowed' },
    { text: '127.0.0.1', verdict: 'allow' },
    { text: '::ffff:10.0.0.1', verdict: 'allow' },
    { text: 'fe80::1%eth0', verdict: 'allow' },
    { text: 'example.com', verdict: 'blockInternal' },
    { text: '', verdict: 'blockInternal' },
  ])('The verdict on the address "$text" is $verdict', ({ text, verdict: expected }) => {
    expect(verdictOfAddress(text)).toBe(expected);
  });

  const ten = ['10.0.0.0/8'];
  it.each<{ options: RecipientOptions; address: string; setting: string }>([
    { options: { deny: ['8.8.8.0/24'] }, address: '8.8.8.8', setting: 'deny' },
    { options: { deny: ['8.8.8.0/24'] }, address: '::ffff:8.8.8.8', setting: 'deny' },
    { options: { deny: ['8.8.8.0/24'] }, address: '8.8.9.8', setting: 'allowed' },
    { options: { allow: ten }, address: '10.1.2.3', setting: 'allowed' },
    { options: { allow: ten }, address: '::ffff:10.1.2.3', setting: 'allowed' },
    { options: { allow: ten }, address: '11.0.0.1', setting: 'allowed' },
    { options: { allow: ten }, address: '127.0.0.1', setting: 'allow' },
    { options: { allow: ['fd00::/8'] }, address: 'fd12::1', setting: 'allowed' },
    { options: { allow: ten, deny: ['10.1.0.0/16'] }, address: '10.1.0.1', setting: 'deny' },
    { options: { blockInternal: false }, address: '127.0.0.1', setting: 'allowed' },
    { options: { blockInternal: false, deny: ten }, address: '10.0.0.1', setting: 'deny' },
  ])(
    'The settings apply in the order deny, allow, blockInternal: $options, $address',
    ({ options, address, setting }) => {
      expect(verdictOfAddress(address, options)).toBe(setting);
    },
  );

  it('The settings `ports` and `protocols` change what is allowed', () => {
    expect(verdict('http://example.com:8080', { ports: [8080] })).toBe('allowed');
    expect(verdict('http://example.com', { ports: [8080] })).toBe('ports');
    expect(verdict('https://example.com:9', anyPort)).toBe('allowed');
    expect(verdict('http://example.com', { protocols: ['https'] })).toBe('protocols');
  });

  it('An allowed range lifts blockInternal but not the ports', () => {
    fc.assert(
      fc.property(
        fc.ipV4(),
        fc.nat({ max: 32 }),
        fc.integer({ min: 1, max: 65_535 }),
        (ip, bits, port) => {
          const allow = [`${ip}/${bits}`];
          expect(verdictOfAddress(ip, { allow })).toBe('allowed');
          const isOpen = port === 80 || port === 443;
          expect(verdict(`http://${ip}:${port}`, { allow })).toBe(isOpen ? 'allowed' : 'ports');
          expect(verdict(`http://${ip}:${port}`, { allow, ports: 'any' })).toBe('allowed');
        },
      ),
    );
  });

  it('A denied address is never allowed', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (ip) => {
        const deny = ['0.0.0.0/0', '::/0'];
        expect(verdictOfAddress(ip, { deny, allow: deny, blockInternal: false })).toBe('deny');
      }),
    );
  });

  it.each([
    { host: '127.0.0.1', is: 'allowed' },
    { host: '127.255.1.2', is: 'allowed' },
    { host: '2130706433', is: 'allowed' },
    { host: '[::1]', is: 'allowed' },
    { host: '[::ffff:127.0.0.1]', is: 'allowed' },
    { host: 'localhost', is: 'allowed' },
    { host: 'LOCALHOST.', is: 'allowed' },
    { host: 'a.b.localhost', is: 'allowed' },
    { host: 'ip6-localhost', is: 'allowed' },
    { host: '93.184.216.34', is: 'ports' },
    { host: '[2606:4700:4700::1111]', is: 'ports' },
    { host: '[::ffff:8.8.8.8]', is: 'ports' },
    { host: '[2002:7f00:1::]', is: 'ports' },
    { host: '128.0.0.1', is: 'ports' },
    { host: '10.0.0.1', is: 'ports' },
    { host: '0.0.0.0', is: 'ports' },
    { host: '169.254.169.254', is: 'ports' },
  ])("The setting 'development' judges other ports of $host as $is", ({ host, is }) => {
    for (const port of [1, 22, 3000, 8443, 65_535])
      expect([port, verdict(`http://${host}:${port}`, 'development')]).toEqual([port, is]);
  });

  it.each([
    { address: '127.0.0.1', is: 'allowed' },
    { address: '::1', is: 'allowed' },
    { address: '::ffff:127.9.9.9', is: 'allowed' },
    { address: '93.184.216.34', is: 'ports' },
    { address: '2606:4700:4700::1111', is: 'ports' },
    { address: '10.0.0.1', is: 'ports' },
    { address: '64:ff9b::808:808', is: 'ports' },
  ])("The setting 'development' judges ports of a name at $address as $is", ({ address, is }) => {
    const policy = new RecipientPolicy('development');
    const target = new URL('http://api.test:3000/a');
    expect(() => policy.checkTarget(target)).not.toThrow();
    expect(verdictOf(() => policy.checkConnection(target, address))).toBe(is);
  });

  it("The setting 'development' allows public recipients on the usual ports, and no internal ones", () => {
    for (const url of ['http://93.184.216.34', 'https://8.8.8.8', 'http://example.com:443'])
      expect(verdict(url, 'development')).toBe('allowed');
    for (const url of ['http://10.0.0.1', 'https://192.168.0.1', 'http://[fd00::1]:443'])
      expect(verdict(url, 'development')).toBe('allow');
  });

  it("A hook keeps the ports of the attachment beside 'development', and may name its own", () => {
    const partner = new RecipientPolicy({ ports: [8443] }).overriddenBy('development');
    expect(verdictOf(() => partner.checkTarget(new URL('https://8.8.8.8:8443')))).toBe('allowed');
    expect(verdictOf(() => partner.checkTarget(new URL('http://localhost:3000')))).toBe('allowed');
    expect(verdictOf(() => partner.checkTarget(new URL('https://8.8.8.8')))).toBe('ports');
    const named = new RecipientPolicy('development').overriddenBy({ ports: [443] });
    expect(verdictOf(() => named.checkTarget(new URL('http://localhost:3000')))).toBe('ports');
  });

  it("The setting 'development' is refused if NODE_ENV is production", () => {
    process.env.NODE_ENV = 'production';
    expect(() => new RecipientPolicy('development')).toThrow(OptionInvalidError);
    expect(verdict('http://127.0.0.1:80', { allow: ['127.0.0.0/8'] })).toBe('allowed');
  });

  it('Validators receive the target, and an error that they throw is a refusal', () => {
    const seen: string[] = [];
    const noPartners = (target: URL): void => {
      seen.push(target.href);
      if (target.hostname.endsWith('.partner.com')) throw new Error('partners have an API');
    };
    const policy = new RecipientPolicy({ validators: [noPartners] });
    policy.checkTarget(new URL('https://example.com/a'));
    expect(() => policy.checkTarget(new URL('https://a.partner.com/b'))).toThrow(
      expect.objectContaining({
        code: 'RECIPIENT_REFUSED',
        setting: 'validators',
        message: expect.stringContaining('partners have an API'),
      }),
    );
    expect(seen).toEqual(['https://example.com/a', 'https://a.partner.com/b']);
  });

  it.each(['allow', 'deny'] as const)(
    'A list `%s` that contains an invalid CIDR is refused',
    (setting) => {
      for (const cidr of ['10.0.0.1', '10.0.0.0/33', 'example.com', ''])
        expect(() => new RecipientPolicy({ [setting]: [cidr] })).toThrow(
          expect.objectContaining({
            code: 'OPTION_INVALID',
            option: `delivery.recipients.${setting}`,
          }),
        );
    },
  );

  it.each([
    ['protocols', ['ftp']],
    ['protocols', 'http'],
    ['ports', 'some'],
    ['ports', [0]],
    ['ports', ['443']],
    ['validators', ['blockInternalIps']],
  ])('The setting `%s` cannot be %j', (setting, value) => {
    expect(() => new RecipientPolicy({ [setting]: value })).toThrow(
      expect.objectContaining({
        code: 'OPTION_INVALID',
        option: `delivery.recipients.${setting}`,
      }),
    );
  });

  it('The message of a refusal names the setting and shows neither path nor credentials', () => {
    const refuse = () => new RecipientPolicy().checkTarget(new URL('http://a:pass@10.0.0.1/token'));
    expect(refuse).toThrow('delivery.recipients.protocols');
    expect(refuse).not.toThrow(/pass|token/);
  });
});
