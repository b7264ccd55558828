import { createHash } from 'node:crypto';
import { type EncryptionKeys, secret } from '../../../lib';
import { canonicalJson } from '../../../lib/base/json';
import { BOTH, EncryptionFlow, NEW, NONE, OLD } from '../../support/application/encryption-flow';

let flow: EncryptionFlow;

beforeEach(async () => {
  flow = await EncryptionFlow.begin();
});
afterEach(() => flow.end());

describe('reencrypt', () => {
  it('reencrypt() seals the targets of waiting events', async () => {
    const plain = await flow.start(NONE, { work: false });
    await flow.resolve(plain, [`${flow.receiver.url}/0`]);
    await flow.resolve(plain, [{ url: `${flow.receiver.url}/1`, secret: 'of a target' }]);
    const older = await flow.restart(plain, OLD, { work: false });
    await flow.resolve(older, [
      { url: `${flow.receiver.url}/2`, headers: { 'X-A': secret('of two') } },
    ]);
    const both = await flow.restart(older, BOTH, { work: false });
    expect(await both.hooks.reencrypt()).toBe(2);
    const stored = await both.dataSource.query('SELECT targets FROM model_hook_event ORDER BY id');
    expect(stored).toEqual([
      { targets: [`${flow.receiver.url}/0`] },
      { targets: expect.stringMatching(/^enc:v1:new:/) },
      { targets: expect.stringMatching(/^enc:v1:new:/) },
    ]);
    const newer = await flow.restart(both, NEW);
    await newer.hooks.idle();
    expect(flow.paths).toEqual(['/0', '/1', '/2']);
    expect(flow.receiver.received.find(({ path }) => path === '/2')?.headers['x-a']).toBe('of two');
  });
});

describe('a target that names its own secret', () => {
  /** The identities of its listeners, after events that named it with these secrets. */
  async function identities(keys: EncryptionKeys, secrets: readonly string[]): Promise<string[]> {
    const application = await flow.start(keys);
    for (const one of secrets)
      await flow.resolve(application, [{ url: flow.receiver.url, secret: one }]);
    await application.hooks.idle();
    const rows = await application.dataSource.query<{ identity: string }[]>(
      'SELECT identity FROM model_hook_listener ORDER BY id',
    );
    return rows.map(({ identity }) => identity);
  }
  const hashed = (one: string): string => {
    const said = canonicalJson(['job', { secret: one, url: `${flow.receiver.url}/` }]);
    return createHash('sha256').update(`dynamic ${said}`).digest('hex');
  };

  it('A target has one listener for each secret, with an identity that is keyed', async () => {
    const sealed = await identities(OLD, ['one', 'one', 'two']);
    expect(sealed).toHaveLength(2);
    expect(sealed).not.toContain(hashed('one'));
    expect(await identities(NONE, ['one', 'one', 'two'])).toEqual([hashed('one'), hashed('two')]);
  });
});

describe('a process without the newest key', () => {
  it('Deliveries of listeners with a newer key wait for a process that has it', async () => {
    const older = await flow.start(OLD);
    const beside = await flow.start(BOTH, { url: older.url, work: false });
    const { id } = await flow.listen(beside);
    await flow.send(older);
    const [waits] = (await older.hooks.deliveries.find({ listener: id })).items;
    expect(waits).toMatchObject({
      status: 'waiting',
      attempt: 0,
      reason: expect.stringContaining('"new"'),
    });
    expect(flow.receiver.received).toEqual([]);
    await older.dataSource.destroy();
    await beside.dataSource.query('UPDATE model_hook_delivery SET next_at = now()');
    const newer = await flow.start(BOTH, { url: older.url });
    await newer.hooks.idle();
    expect(await newer.hooks.deliveries.get(waits?.id ?? '')).toMatchObject({ status: 'done' });
  });

  it('Events whose targets have a newer key are left to a process that has it', async () => {
    const older = await flow.start(OLD);
    const beside = await flow.start(BOTH, { url: older.url, work: false });
    await flow.resolve(beside, [{ url: `${flow.receiver.url}/target`, secret: 'of a target' }]);
    await flow.listen(older);
    await flow.send(older);
    expect(flow.paths).toEqual(['/hook']);
    await older.dataSource.destroy();
    await (await flow.start(BOTH, { url: older.url })).hooks.idle();
    expect(flow.paths).toEqual(['/hook', '/target']);
  });
});
