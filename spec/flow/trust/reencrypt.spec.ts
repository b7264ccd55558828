import { secret } from '../../../lib';
import type { Application } from '../../support/application/application';
import { BOTH, EncryptionFlow, NEW, NONE, OLD } from '../../support/application/encryption-flow';
import { Person } from '../../support/entities/person';
import { secretRow, storedSecrets } from '../../support/values/secrets';

let flow: EncryptionFlow;

beforeEach(async () => {
  flow = await EncryptionFlow.begin();
});
afterEach(() => flow.end());

describe('reencrypt', () => {
  it('reencrypt() needs an encryption key', async () => {
    const { hooks } = await flow.start(NONE);
    await expect(hooks.listeners.reencrypt()).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      option: 'encryptionKeys',
    });
  });

  it('reencrypt() seals plain and older secrets with the newest key, so that older keys can be removed', async () => {
    const plain = await flow.start(NONE);
    const one = await flow.listen(plain, { key: '1', headers: { 'X-A': secret('first') } });
    await plain.hooks.listeners.rotateSecret(one.id, { secret: 'rotated' });
    const older = await flow.restart(plain, OLD);
    const two = await flow.listen(older, { key: '2', headers: { 'X-A': secret('second') } });
    const both = await flow.restart(older, BOTH);
    const { hooks, dataSource } = both;
    const three = await flow.listen(both, { key: '3' });

    const progress: number[] = [];
    expect(await hooks.listeners.reencrypt({ onProgress: (done) => progress.push(done) })).toBe(2);
    expect(progress).toEqual([2]);
    for (const { id } of [one, two, three])
      expect(await secretRow(dataSource, id)).toMatchObject({ key_ids: ['new'] });
    expect(await hooks.reencrypt()).toBe(0);

    const newer = await flow.restart(both, NEW);
    const opened = await Promise.all(
      [one, two, three].map(({ id }) => storedSecrets(newer.dataSource, id, NEW)),
    );
    expect(opened.map((secrets) => secrets.secret)).toEqual(['rotated', two.secret, three.secret]);
    expect(opened[0]?.previousSecret).toBe(one.secret);
    await flow.send(newer);
    const values = flow.receiver.received.map(({ headers }) => headers['x-a']);
    expect(values.toSorted()).toEqual(['first', 'second', undefined]);
  });

  it('reencrypt() removes an expired former secret, and its key is no longer needed', async () => {
    const older = await flow.start(OLD);
    const { id } = await flow.listen(older);
    const { hooks, dataSource } = await flow.restart(older, BOTH);
    await hooks.listeners.rotateSecret(id);
    expect((await secretRow(dataSource, id)).key_ids).toEqual(['new', 'old']);
    await dataSource.query('UPDATE model_hook_listener SET previous_secret_until = now()');
    expect(await hooks.listeners.reencrypt()).toBe(1);
    expect(await secretRow(dataSource, id)).toMatchObject({
      key_ids: ['new'],
      previous_secret: null,
      previous_secret_until: null,
    });
  });

  it('reencrypt() works in pages, can be repeated after a failure and does not block saves', async () => {
    const older = await flow.start(OLD, { work: false });
    const builders = (application: Application, count: number) =>
      Array.from({ length: count }, (_, n) =>
        application.hooks
          .for(Person)
          .listener({ url: flow.receiver.url, key: String(n), secret: 's' }),
      );
    await older.hooks.listeners.saveMany(builders(older, 2_500));
    const application = await flow.restart(older, BOTH);
    const { hooks, dataSource } = application;
    const broken = hooks.listeners.reencrypt({
      onProgress: () => {
        throw new RangeError('stop');
      },
    });
    await expect(broken).rejects.toThrow(RangeError);
    const [resealed] = await Promise.all([
      hooks.listeners.reencrypt(),
      hooks.listeners.saveMany(builders(application, 1_200)),
    ]);
    expect(resealed).toBeLessThanOrEqual(1_500);
    await hooks.listeners.reencrypt();
    const rows = await dataSource.query<{ key_ids: string[]; count: number }[]>(
      'SELECT key_ids, count(*)::int AS count FROM model_hook_listener GROUP BY key_ids',
    );
    expect(rows).toEqual([{ key_ids: ['new'], count: 2_500 }]);
    const [any] = await hooks.listeners.find({ key: '7' });
    expect((await storedSecrets(dataSource, any?.id ?? '', NEW)).secret).toBe('s');
  }, 60_000);

  it('reencrypt() leaves a secret that cannot be opened and logs it', async () => {
    const older = await flow.start(OLD);
    const [one, two] = [
      await flow.listen(older, { key: '1' }),
      await flow.listen(older, { key: '2' }),
    ];
    const { hooks, dataSource } = await flow.restart(older, BOTH);
    const spoilt = 'enc:v1:old:AAAA';
    await dataSource.query('UPDATE model_hook_listener SET secret = $1 WHERE id = $2', [
      spoilt,
      one.id,
    ]);
    expect(await hooks.listeners.reencrypt()).toBe(1);
    expect(await secretRow(dataSource, one.id)).toMatchObject({ secret: spoilt });
    expect((await secretRow(dataSource, two.id)).key_ids).toEqual(['new']);
    expect(flow.logger.error.mock.calls).toEqual([
      [
        expect.stringContaining(one.id),
        { error: expect.objectContaining({ code: 'SECRET_UNREADABLE' }) },
      ],
    ]);
  });
});
