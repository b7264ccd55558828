import { DataSource } from 'typeorm';
import { HookCatalog } from '../../../lib/hook/catalog';
import type { ListenerDraft } from '../../../lib/listener/declared/builder';
import { normalise } from '../../../lib/listener/saved/normal';
import { RecipientPolicy } from '../../../lib/recipient/policy';

const URL = 'https://example.com/hooks';
const catalog = new HookCatalog(new DataSource({ type: 'postgres' })).load();
catalog.define('order', { provides: ['city', 'total'] });

function normal(draft: Partial<ListenerDraft> = {}) {
  const whole: ListenerDraft = {
    hook: 'order',
    pattern: null,
    options: { url: URL },
    operations: undefined,
    match: undefined,
    ...draft,
  };
  return normalise(whole, catalog, new RecipientPolicy());
}

describe('normalise', () => {
  it('Columns without an option get their defaults', () => {
    const { row, named, namesMatch } = normal();
    expect(row).toMatchObject({
      hook: 'order',
      operations: null,
      target: URL,
      content_type: 'application/json',
      digest: 'sha256',
      signature: 'v1',
      replies: true,
      ordered: false,
      max_per_second: null,
      batch: null,
      selected: null,
    });
    expect(row.secret).toMatch(/^whsec_.{44}$/);
    expect([named, namesMatch]).toEqual([[], false]);
  });

  it('The columns whose options were given are named', () => {
    const options = { url: URL, digest: 'sha512', replies: false } as const;
    expect(normal({ options }).named).toEqual(['digest', 'replies']);
    expect(normal({ options: { ...options, key: 'k' } }).named).toEqual([
      'digest',
      'replies',
      'hook',
      'pattern',
      'target',
    ]);
  });

  it.each<{ name: string; a: Partial<ListenerDraft>; b: Partial<ListenerDraft> }>([
    {
      name: 'spellings of one target',
      a: { options: { url: 'https://EXAMPLE.com' } },
      b: { options: { url: 'https://example.com/' } },
    },
    {
      name: 'other values of what is not part of the identity',
      a: { options: { url: URL, digest: 'sha512', secret: 'one' } },
      b: { options: { url: URL, config: { a: 1 } } },
    },
    {
      name: 'conditions in another order',
      a: { match: [{ city: 'Rome' }, { total: 5 }] },
      b: { match: [{ total: 5, city: 'Rome' }] },
    },
    {
      name: 'everything but owner and key, if a key is given',
      a: { options: { url: URL, key: 'k' }, match: [{ city: 'Rome' }] },
      b: { options: { url: 'https://other.example.com', key: 'k' } },
    },
  ])('The identity is the same for $name', ({ a, b }) => {
    expect(normal(a).identity).toBe(normal(b).identity);
  });

  it.each<{ name: string; b: Partial<ListenerDraft> }>([
    { name: 'target', b: { options: { url: 'https://example.com/other' } } },
    { name: 'condition', b: { match: [{ city: 'Rome' }] } },
    { name: 'pattern', b: { hook: null, pattern: 'order' } },
    { name: 'key', b: { options: { url: URL, key: 'k' } } },
  ])('The identity is another one for another $name', ({ b }) => {
    expect(normal(b).identity).not.toBe(normal().identity);
  });

  it('The recipient is checked by the given policy, then by the rules of the listener', () => {
    expect(() => normal({ options: { url: 'http://10.0.0.1' } })).toThrow(
      expect.objectContaining({ code: 'RECIPIENT_REFUSED' }),
    );
    const delivery = { recipients: { deny: ['93.184.216.0/24'] } };
    expect(() => normal({ options: { url: 'https://93.184.216.34', delivery } })).toThrow(
      expect.objectContaining({ code: 'RECIPIENT_REFUSED' }),
    );
  });
});
