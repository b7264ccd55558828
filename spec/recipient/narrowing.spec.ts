import type { ListenerRecipientOptions, RecipientOptions } from '../../lib';
import { narrowed } from '../../lib/recipient/narrowing';
import { RecipientPolicy } from '../../lib/recipient/policy';

const OPEN: RecipientOptions = { ports: 'any', blockInternal: false };

/** Whom a listener may not be sent to, by its own options within those of its hook. */
function refuses(outer: RecipientOptions, own: ListenerRecipientOptions, url: string): boolean {
  const policy = narrowed(new RecipientPolicy(outer), own);
  try {
    policy.checkTarget(new URL(url));
    return false;
  } catch (error) {
    expect(error).toMatchObject({ code: 'RECIPIENT_REFUSED' });
    return true;
  }
}

describe('narrowed', () => {
  it.each<{ outer?: RecipientOptions; own: unknown; names: string }>([
    { own: 'development', names: 'an object' },
    { own: null, names: 'an object' },
    { own: [], names: 'an object' },
    { own: { allow: ['10.0.0.0/8'] }, names: 'allow' },
    { outer: { allow: ['10.0.0.0/8'] }, own: { allow: ['10.0.0.0/8'] }, names: 'allow' },
    { own: { allow: 'all' }, names: 'allow' },
    { own: { validators: [] }, names: 'validators' },
    { own: { validators: [() => undefined] }, names: 'validators' },
    { own: { lookup: () => undefined }, names: 'lookup' },
    { own: { denied: [] }, names: 'denied' },
    { own: { __proto__: null, constructor: 1 }, names: 'constructor' },
    { own: { blockInternal: false }, names: 'blockInternal' },
    { own: { blockInternal: 0 }, names: 'blockInternal' },
    { own: { ports: 'any' }, names: 'ports' },
    { own: { ports: [443, 8443] }, names: '8443' },
    { outer: OPEN, own: { ports: [0] }, names: 'ports' },
    { outer: OPEN, own: { ports: Array(101).fill(80) }, names: 'ports' },
    { outer: { protocols: ['https'] }, own: { protocols: ['http'] }, names: 'http' },
    { own: { protocols: ['ftp'] }, names: 'protocols' },
    { own: { deny: ['10.0.0.1'] }, names: 'deny' },
    { own: { deny: Array(101).fill('8.8.8.8/32') }, names: 'deny' },
  ])('The narrowing $own is refused within $outer', ({ outer = {}, own, names }) => {
    expect(() => narrowed(new RecipientPolicy(outer), own)).toThrow(
      expect.objectContaining({
        code: 'LISTENER_INVALID',
        fields: { delivery: [expect.stringContaining(names)] },
      }),
    );
  });

  it.each<{ outer?: RecipientOptions; own: ListenerRecipientOptions; url: string; by: string }>([
    { own: {}, url: 'http://8.8.8.8', by: 'nobody' },
    { own: { protocols: ['https'] }, url: 'http://8.8.8.8', by: 'its own' },
    { own: { protocols: ['https'] }, url: 'https://8.8.8.8', by: 'nobody' },
    { own: { ports: [443] }, url: 'http://8.8.8.8', by: 'its own' },
    { outer: OPEN, own: { ports: [8443] }, url: 'https://8.8.8.8:8443', by: 'nobody' },
    { outer: OPEN, own: { ports: 'any' }, url: 'https://8.8.8.8:9', by: 'nobody' },
    { own: { deny: ['8.8.8.0/24'] }, url: 'http://8.8.8.8', by: 'its own' },
    { own: { deny: [] }, url: 'http://10.0.0.1', by: 'the outer' },
    { outer: { deny: ['8.8.8.0/24'] }, own: { deny: [] }, url: 'http://8.8.8.8', by: 'the outer' },
    { outer: OPEN, own: {}, url: 'http://10.0.0.1', by: 'nobody' },
    { outer: OPEN, own: { blockInternal: false }, url: 'http://10.0.0.1', by: 'nobody' },
    { outer: OPEN, own: { blockInternal: true }, url: 'http://10.0.0.1', by: 'its own' },
    { outer: { allow: ['10.0.0.0/8'] }, own: {}, url: 'http://10.0.0.1', by: 'nobody' },
    {
      outer: { allow: ['10.0.0.0/8'] },
      own: { blockInternal: true },
      url: 'http://10.0.0.1',
      by: 'its own',
    },
  ])(
    'The party that refuses $url with $own within $outer is $by',
    ({ outer = {}, own, url, by }) => {
      expect(refuses(outer, own, url)).toBe(by !== 'nobody');
      const outerRefuses = by === 'the outer';
      const check = () => new RecipientPolicy(outer).checkTarget(new URL(url));
      if (outerRefuses) expect(check).toThrow();
      else expect(check).not.toThrow();
    },
  );

  it('An undefined setting counts as left out, and an empty `allow` has no effect', () => {
    const own = { ports: undefined, allow: [] } as unknown as ListenerRecipientOptions;
    expect(refuses({}, own, 'http://8.8.8.8')).toBe(false);
  });

  it('Both policies are asked when connecting, and the outer one resolves names', () => {
    const validators = [jest.fn()];
    const lookup = jest.fn();
    const outer = new RecipientPolicy({ validators, lookup });
    const policy = narrowed(outer, { deny: ['8.8.8.0/24'] });
    const connect = (address: string) => () =>
      policy.checkConnection(new URL('https://example.com'), address);
    expect(connect('10.0.0.1')).toThrow('internal');
    expect(connect('8.8.8.8')).toThrow('denied');
    expect(connect('8.8.4.4')).not.toThrow();
    expect(validators[0]).toHaveBeenCalledTimes(2);
    expect(policy.lookup).toBe(lookup);
  });
});

describe('RecipientPolicy.overriddenBy', () => {
  it('An overriding policy keeps the settings that its options leave out', () => {
    const general = new RecipientPolicy({ deny: ['8.8.8.0/24'], protocols: ['https'] });
    const hook = general.overriddenBy({ ports: [8443] });
    expect(() => hook.checkTarget(new URL('https://example.com:8443'))).not.toThrow();
    expect(() => hook.checkTarget(new URL('https://8.8.8.8:8443'))).toThrow('denied');
    expect(() => hook.checkTarget(new URL('http://example.com:8443'))).toThrow('protocol');
    expect(() => general.checkTarget(new URL('https://example.com:8443'))).toThrow('port');
  });
});
