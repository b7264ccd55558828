import type { DeliveryOptions } from '../../../lib';
import { HttpTransport } from '../../../lib/delivery/http/http-transport';
import { RecipientPolicy } from '../../../lib/recipient/policy';

const general = new RecipientPolicy();
const strict = general.overriddenBy({ protocols: ['https'] });

describe('HttpTransport', () => {
  let transport: HttpTransport;
  beforeEach(() => {
    const policies = { of: (hook: string | null) => (hook === 'strict' ? strict : general) };
    transport = new HttpTransport(policies, { maxConcurrencyPerOrigin: 1, keepAlive: true });
  });
  afterEach(() => transport.close());

  const hook = (name: string, delivery?: DeliveryOptions) => ({
    name,
    declared: { provides: [], ...(delivery && { delivery }) },
  });

  it('Hooks with the same policy share a client', () => {
    expect(transport.clientFor(hook('a'))).toBe(transport.clientFor(hook('b', { retries: 1 }), {}));
    expect(transport.clientFor(hook('a'))).not.toBe(transport.clientFor(hook('strict')));
    expect(transport.clientFor(hook('strict'))).toBe(transport.clientFor(hook('strict')));
  });

  it('A hook with its own proxy has a client of its own', () => {
    const proxied = hook('a', { proxy: 'http://proxy.example' });
    expect(transport.clientFor(proxied)).toBe(transport.clientFor(proxied));
    expect(transport.clientFor(proxied)).not.toBe(transport.clientFor(hook('b')));
  });

  it('A listener that narrows its recipients has a client of its own', () => {
    const recipients = { deny: ['8.8.8.0/24'] };
    expect(transport.clientFor(hook('a'), recipients)).not.toBe(
      transport.clientFor(hook('a'), recipients),
    );
    expect(transport.clientFor(hook('a'), recipients)).not.toBe(transport.clientFor(hook('a')));
  });
});
