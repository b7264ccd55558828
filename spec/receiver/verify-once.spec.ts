import { OptionInvalidError } from 'typeorm-model-hooks';
import { memoryStore, type RepeatStore, verifyOnce } from 'typeorm-model-hooks/receiver';
import { BODY, NOW, SECRET, signed } from '../support/receivers/signed';

const now = () => NOW;

describe('verifyOnce', () => {
  it('The first request with an id is no repeat, and later ones are', async () => {
    const store = memoryStore();
    const once = (headers: ReturnType<typeof signed>) =>
      verifyOnce(headers, BODY, SECRET, { store, now });
    expect(await once(signed())).toMatchObject({ isRepeat: false });
    expect(await once(signed({ agoMs: 5_000 }))).toMatchObject({ isRepeat: true });
    expect(await once(signed({ id: 'another' }))).toMatchObject({ isRepeat: false });
  });

  it('A delivery whose processing failed is accepted again after its id is deleted', async () => {
    const store = memoryStore();
    const options = { store, now };
    const { id } = await verifyOnce(signed(), BODY, SECRET, options);
    store.delete(id);
    expect(await verifyOnce(signed(), BODY, SECRET, options)).toMatchObject({ isRepeat: false });
  });

  it('A refused request is not remembered', async () => {
    const store = memoryStore();
    const forged = verifyOnce(signed(), `${BODY} `, SECRET, { store, now });
    await expect(forged).rejects.toMatchObject({ reason: 'signature-mismatch' });
    const genuine = await verifyOnce(signed(), BODY, SECRET, { store, now });
    expect(genuine.isRepeat).toBe(false);
  });

  it('verifyOnce() waits for an asynchronous store and passes the time to live to it', async () => {
    const asked: [string, number][] = [];
    const store: RepeatStore = {
      add: async (...id) => asked.push(id) === 1,
      delete: () => undefined,
    };
    const options = { store, now, ttlMs: 600_000 };
    expect((await verifyOnce(signed(), BODY, SECRET, options)).isRepeat).toBe(false);
    expect((await verifyOnce(signed(), BODY, SECRET, options)).isRepeat).toBe(true);
    expect(asked).toEqual(Array(2).fill([signed()['webhook-id'], 600_000]));
  });

  it.each([
    { ttlMs: 599_999 },
    { ttlMs: Number.NaN },
    { toleranceMs: 86_400_001 },
    { ttlMs: 0, toleranceMs: Number.POSITIVE_INFINITY },
  ])('Options that forget an id while it could be replayed are refused: %p', async (options) => {
    const verifying = verifyOnce(signed(), BODY, SECRET, { store: memoryStore(), now, ...options });
    await expect(verifying).rejects.toThrow(OptionInvalidError);
  });
});

describe('memoryStore', () => {
  it('An id is forgotten when its time to live is over', () => {
    let time = 0;
    const store = memoryStore({ now: () => time });
    expect(store.add('a', 10)).toBe(true);
    time = 9;
    expect(store.add('a', 10)).toBe(false);
    time = 10;
    expect(store.add('a', 10)).toBe(true);
  });

  it('The store keeps the latest `max` ids', () => {
    const store = memoryStore({ max: 2 });
    for (const id of ['a', 'b', 'c']) expect(store.add(id, 1_000)).toBe(true);
    expect(['b', 'c'].map((id) => store.add(id, 1_000))).toEqual([false, false]);
    expect(store.add('a', 1_000)).toBe(true);
  });

  it.each([0, -1, Number.NaN])('The limit `max` of %p is refused', (max) => {
    expect(() => memoryStore({ max })).toThrow(OptionInvalidError);
  });
});
