import {
  blockCidrNetwork,
  blockInternalIps,
  ensurePort,
  ensureProtocol,
  type RecipientOptions,
  type RecipientValidator,
} from '../../lib';
import { RecipientPolicy } from '../../lib/recipient/policy';

/** What a validator alone says of a URL: all else is allowed. */
const OPEN: RecipientOptions = { ports: 'any', blockInternal: false };

function refuses(validator: RecipientValidator, url: string, address?: string): boolean {
  const policy = new RecipientPolicy({ ...OPEN, validators: [validator] });
  const check = () =>
    address === undefined
      ? policy.checkTarget(new URL(url))
      : policy.checkConnection(new URL(url), address);
  try {
    check();
    return false;
  } catch (error) {
    expect(error).toMatchObject({ code: 'RECIPIENT_REFUSED', setting: 'validators' });
    return true;
  }
}

describe('blockInternalIps', () => {
  it.each([
    { url: 'http://10.0.0.1', refused: true },
    { url: 'http://2130706433', refused: true },
    { url: 'http://[::ffff:127.0.0.1]', refused: true },
    { url: 'http://localhost.', refused: true },
    { url: 'http://100.64.0.1', refused: true },
    { url: 'http://8.8.8.8', refused: false },
    { url: 'http://example.com', refused: false },
    { url: 'http://example.com', address: '8.8.8.8', refused: false },
    { url: 'http://example.com', address: '10.0.0.1', refused: true },
    { url: 'http://example.com', address: '2002:a00:1::', refused: true },
  ])(
    'The refusal of $url at $address by blockInternalIps() is $refused',
    ({ url, address, refused }) => {
      expect(refuses(blockInternalIps(), url, address)).toBe(refused);
    },
  );

  it('The setting `allow` does not lift blockInternalIps()', () => {
    const options = { ...OPEN, allow: ['10.0.0.0/8'], validators: [blockInternalIps()] };
    expect(() => new RecipientPolicy(options).checkAddress('10.0.0.1')).not.toThrow();
    expect(() => new RecipientPolicy(options).checkTarget(new URL('http://10.0.0.1'))).toThrow(
      expect.objectContaining({ setting: 'validators' }),
    );
  });
});

describe('ensureProtocol', () => {
  it.each(['https', 'https:', 'https://', 'HTTPS'])(
    'ensureProtocol() accepts the protocol written as %s',
    (protocol) => {
      expect(refuses(ensureProtocol(protocol), 'https://example.com')).toBe(false);
      expect(refuses(ensureProtocol(protocol), 'http://example.com')).toBe(true);
      expect(refuses(ensureProtocol(protocol, 'http://'), 'http://example.com')).toBe(false);
    },
  );

  it.each([[], [''], ['ftp'], ['https:/'], [443]])(
    'ensureProtocol() throws at once for %j',
    (...protocols) => {
      expect(() => ensureProtocol(...(protocols as string[]))).toThrow(
        expect.objectContaining({ code: 'OPTION_INVALID', option: 'ensureProtocol' }),
      );
    },
  );
});

describe('ensurePort', () => {
  it.each([
    { url: 'https://example.com:8443', refused: false },
    { url: 'https://example.com:443', refused: false },
    { url: 'https://example.com', refused: false },
    { url: 'http://example.com', refused: true },
    { url: 'http://example.com:8080', refused: true },
  ])('The refusal of $url by ensurePort() is $refused', ({ url, refused }) => {
    expect(refuses(ensurePort(443, '8443'), url)).toBe(refused);
  });

  it.each([[], ['x'], [''], [0], [65_536], ['65536'], [1.5], ['0x50'], [null]])(
    'ensurePort() throws at once for %j',
    (...ports) => {
      expect(() => ensurePort(...(ports as number[]))).toThrow(
        expect.objectContaining({ code: 'OPTION_INVALID', option: 'ensurePort' }),
      );
    },
  );
});

describe('blockCidrNetwork', () => {
  const blocked = blockCidrNetwork('8.8.8.0/24', '2a00::/16');
  it.each([
    { url: 'http://8.8.8.8', refused: true },
    { url: 'http://[::ffff:8.8.8.8]', refused: true },
    { url: 'http://[2a00::1]', refused: true },
    { url: 'http://8.8.9.8', refused: false },
    { url: 'http://example.com', refused: false },
    { url: 'http://example.com', address: '8.8.8.8', refused: true },
    { url: 'http://example.com', address: '2002:808:808::', refused: true },
    { url: 'http://example.com', address: '1.1.1.1', refused: false },
  ])(
    'The refusal of $url at $address by blockCidrNetwork() is $refused',
    ({ url, address, refused }) => {
      expect(refuses(blocked, url, address)).toBe(refused);
    },
  );

  it.each(['8.8.8.8', '8.8.8.8/33', 'example.com/8', '', 8])(
    'blockCidrNetwork() throws at once for %j',
    (cidr) => {
      expect(() => blockCidrNetwork(cidr as string)).toThrow(
        expect.objectContaining({ code: 'OPTION_INVALID', option: 'blockCidrNetwork' }),
      );
    },
  );
});

describe('recipients.validators', () => {
  const policyOf = (...validators: RecipientValidator[]) =>
    new RecipientPolicy({ ...OPEN, validators });

  it('Validators are called with the whole URL, and when connecting with the origin and each address', () => {
    const seen: unknown[] = [];
    const policy = policyOf((target, address) => {
      seen.push([target.href, address]);
    });
    policy.checkTarget(new URL('https://example.com/a?b'));
    policy.checkTarget(new URL('https://0x8.8.8.8/a'));
    policy.checkConnection(new URL('https://example.com'), '8.8.4.4');
    expect(seen).toEqual([
      ['https://example.com/a?b', undefined],
      ['https://8.8.8.8/a', '8.8.8.8'],
      ['https://example.com/', '8.8.4.4'],
    ]);
  });

  it('Validators run in order, and the first one that throws decides', () => {
    const custom = () => {
      throw new Error('mine');
    };
    const check = (...all: RecipientValidator[]) =>
      policyOf(...all).checkTarget(new URL('http://10.0.0.1'));
    expect(() => check(ensurePort(80), custom, blockInternalIps())).toThrow('mine');
    expect(() => check(ensurePort(80), blockInternalIps(), custom)).toThrow('internal');
    expect(() => check(ensureProtocol('http'), ensurePort('80'))).not.toThrow();
  });

  it.each<{ name: string; validator: unknown }>([
    { name: 'fulfils', validator: async () => undefined },
    {
      name: 'rejects',
      validator: async () => {
        throw new Error('too late');
      },
    },
  ])(
    'A validator that returns a promise that $name refuses, and no rejection stays unhandled',
    async ({ validator }) => {
      const unhandled = jest.fn();
      process.on('unhandledRejection', unhandled);
      expect(() =>
        policyOf(validator as RecipientValidator).checkTarget(new URL('https://example.com')),
      ).toThrow(/it must be synchronous \(delivery\.recipients\.validators\)/);
      await new Promise((resolve) => setImmediate(resolve));
      process.off('unhandledRejection', unhandled);
      expect(unhandled).not.toHaveBeenCalled();
    },
  );

  it('A validator cannot change where a request goes', () => {
    const target = new URL('https://example.com/');
    policyOf((url) => {
      url.hostname = '127.0.0.1';
    }).checkTarget(target);
    expect(target.href).toBe('https://example.com/');
  });
});

describe('RecipientPolicy options', () => {
  it.each([
    ['delivery.recipients.denied', { denied: ['10.0.0.0/8'] }],
    ['delivery.recipients', null],
    ['delivery.recipients', 'production'],
    ['delivery.recipients.blockInternal', { blockInternal: 'false' }],
    ['delivery.recipients.blockInternal', { blockInternal: null }],
    ['delivery.recipients.deny', { deny: '10.0.0.0/8' }],
    ['delivery.recipients.allow', { allow: [10] }],
    ['delivery.recipients.lookup', { lookup: '1.1.1.1' }],
  ])('The error names %s for the recipient options %j', (option, options) => {
    expect(() => new RecipientPolicy(options as RecipientOptions)).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', option }),
    );
  });

  it('An undefined option counts as left out', () => {
    const unset = { blockInternal: undefined, ports: undefined } as unknown as RecipientOptions;
    const policy = new RecipientPolicy(unset);
    expect(() => policy.checkAddress('10.0.0.1')).toThrow('internal');
    expect(() => policy.checkTarget(new URL('http://example.com:81'))).toThrow('port');
  });
});
