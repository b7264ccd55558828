import { ModelHooks, secret } from '../../../lib';
import { BOTH, EncryptionFlow, NEW, NONE, OLD } from '../../support/application/encryption-flow';
import { secretRow, storedSecrets } from '../../support/values/secrets';

let flow: EncryptionFlow;

beforeEach(async () => {
  flow = await EncryptionFlow.begin();
});
afterEach(() => flow.end());

describe('ModelHooks.attach without keys', () => {
  it('The warning about missing encryption keys is logged once for any number of initialisations', async () => {
    const { dataSource } = await flow.start(NONE);
    await dataSource.destroy();
    await dataSource.initialize();
    await ModelHooks.attach(dataSource);
    expect(flow.logger.warn.mock.calls).toEqual([[expect.stringContaining('encryptionKeys')]]);
  });

  it('Secrets are stored unchanged, even if they look sealed', async () => {
    const application = await flow.start(NONE);
    for (const given of ['plain', 'enc:v1:old:AAAA']) {
      const { id } = await flow.listen(application, { key: given, secret: given });
      const { dataSource } = application;
      expect((await storedSecrets(dataSource, id, NONE)).secret).toBe(given);
      expect((await secretRow(dataSource, id)).key_ids).toEqual([]);
    }
    expect(await application.hooks.listeners.find()).toHaveLength(2);
  });
});

describe('ModelHooks.attach with keys', () => {
  it('No warning is logged if encryption keys are given', async () => {
    await flow.start(OLD);
    expect(flow.logger.warn).not.toHaveBeenCalled();
  });

  it.each([
    { of: 'the secret', options: {}, rotates: false },
    { of: 'a header', options: { headers: { 'X-A': secret('value') } }, rotates: false },
    { of: 'a former secret', options: {}, rotates: true },
  ])(
    'attach() is refused if a key of $of is missing, and the error names the key and the option',
    async (made) => {
      const application = await flow.start(OLD);
      const { id } = await flow.listen(application, made.options);
      if (made.rotates) await application.hooks.listeners.rotateSecret(id);
      await application.dataSource.destroy();
      for (const keys of [NONE, NEW])
        await expect(flow.start(keys, { url: application.url })).rejects.toMatchObject({
          name: 'SecretKeyMissingError',
          code: 'SECRET_KEY_MISSING',
          keys: ['old'],
          message: expect.stringMatching(/"old".*`encryptionKeys`/),
        });
      const { hooks } = await flow.start(BOTH, { url: application.url });
      expect(await hooks.listeners.find()).toHaveLength(1);
    },
  );

  it('attach() is refused if a waiting event has targets that cannot be opened', async () => {
    const application = await flow.start(OLD, { work: false });
    await flow.resolve(application, [{ url: flow.receiver.url, secret: 'of the target' }]);
    await application.dataSource.destroy();
    await expect(flow.start(NEW, { url: application.url })).rejects.toMatchObject({
      code: 'SECRET_KEY_MISSING',
      keys: ['old'],
    });
  });

  it('attach() is refused if another key has the id, before any delivery fails', async () => {
    const application = await flow.start(OLD);
    await flow.listen(application);
    await application.dataSource.destroy();
    const wrong = flow.start({ old: 'x'.repeat(32) }, { url: application.url });
    await expect(wrong).rejects.toMatchObject({ code: 'SECRET_UNREADABLE', key: 'old' });
  });

  it('A single listener that was changed by hand does not count as a wrong key', async () => {
    const application = await flow.start(OLD);
    const [{ id }] = [await flow.listen(application, { key: '1' }), await flow.listen(application)];
    await application.dataSource.query(
      "UPDATE model_hook_listener SET secret = left(secret, -1) || 'A' WHERE id = $1",
      [id],
    );
    const { hooks } = await flow.restart(application, OLD);
    expect(await hooks.listeners.find()).toHaveLength(2);
  });

  it('A DataSource with a missing key is refused when it is initialised again', async () => {
    const application = await flow.start(OLD);
    const beside = await flow.start(BOTH, { url: application.url });
    await flow.listen(beside);
    await application.dataSource.destroy();
    await expect(application.dataSource.initialize()).rejects.toMatchObject({ keys: ['new'] });
  });

  it('Plain secrets are read, and each is sealed when it is given again', async () => {
    const before = await flow.start(NONE);
    const { id, secret: given } = await flow.listen(before, {
      key: 'k',
      headers: { 'X-A': secret('v') },
    });
    const application = await flow.restart(before, OLD);
    await flow.send(application);
    expect(flow.receiver.received[0]?.headers).toMatchObject({ 'x-a': 'v' });
    expect((await secretRow(application.dataSource, id)).key_ids).toEqual([]);
    await flow.listen(application, { key: 'k', secret: 'sealed' });
    const row = await secretRow(application.dataSource, id);
    expect(row).toMatchObject({ key_ids: ['old'], headers: { 'X-A': { secret: 'v' } } });
    expect(row.secret).not.toBe(given);
    await flow.send(application);
    expect(flow.receiver.received[1]?.headers).toMatchObject({ 'x-a': 'v' });
  });
});
