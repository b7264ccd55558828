import type { DeliveryOptions } from '../../../lib';
import { Clients } from '../../../lib/delivery/http/clients';
import { RecipientPolicy } from '../../../lib/recipient/policy';

const general = new RecipientPolicy();
const strict = general.overriddenBy({ protocols: ['https'] });

describe('Clients', () => {
  let clients: Clients;
  beforeEach(() => {
    const policies = { of: (hook: string | null) => (hook === 'strict' ? strict : general) };
    clients = new Clients(policies, { maxConcurrencyPerOrigin: 1, keepAlive: true });
  });
  afterEach(() => clients.close());

  const hook = (name: string, delivery?: DeliveryOptions) => ({
    name,
    declared: { provides: [], ...(delivery && { delivery }) },
  });

  it('Hooks with the same policy share a client', () => {
    expect(clients.for(hook('a'))).toBe(clients.for(hook('b', { retries: 1 }), {}));
    expect(clients.for(hook('a'))).not.toBe(clients.for(hook('strict')));
    expect(clients.for(hook('strict'))).toBe(clients.for(hook('strict')));
  });

  it('A hook with its own proxy has a client of its own', () => {
    const proxied = hook('a', { proxy: 'http://proxy.example' });
    expect(clients.for(proxied)).toBe(clients.for(proxied));
    expect(clients.for(proxied)).not.toBe(clients.for(hook('b')));
  });

  it('A listener that narrows its recipients has a client of its own', () => {
    const recipients = { deny: ['8.8.8.0/24'] };
    expect(clients.for(hook('a'), recipients)).not.toBe(clients.for(hook('a'), recipients));
    expect(clients.for(hook('a'), recipients)).not.toBe(clients.for(hook('a')));
  });
});
