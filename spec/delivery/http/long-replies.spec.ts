import { HttpClient } from '../../../lib/delivery/http/http-client';
import { ReplyMemory } from '../../../lib/delivery/http/reply-memory';
import { ATTEMPT_DEFAULTS } from '../../../lib/options/delivery-defaults';
import { RecipientPolicy } from '../../../lib/recipient/policy';
import { type Receiver, startReceiver } from '../../support/receivers/receiver';

const MEGABYTE = 1_048_576;

let receiver: Receiver;
let client: HttpClient;

afterEach(async () => {
  await client.close();
  await receiver.close();
});

/** A memory of two megabytes that counts what is reserved at once. */
class CountingMemory extends ReplyMemory {
  most = 0;
  #now = 0;

  constructor() {
    super(2 * MEGABYTE);
  }

  override reserve(bytes: number, begin: () => void): () => void {
    let isHeld = false;
    const release = super.reserve(bytes, () => {
      isHeld = true;
      this.#now += bytes;
      this.most = Math.max(this.most, this.#now);
      begin();
    });
    return () => {
      if (isHeld) this.#now -= bytes;
      isHeld = false;
      release();
    };
  }
}

function newClient(memory: ReplyMemory): void {
  const options = { maxConcurrencyPerOrigin: 50, keepAlive: true, memory };
  client = new HttpClient(new RecipientPolicy('development'), options);
}

const post = (values: { timeoutMs?: number } = {}) => {
  const url = new URL(receiver.url);
  const options = { ...ATTEMPT_DEFAULTS, maxResponseBytes: MEGABYTE, timeoutMs: 20_000, ...values };
  return client.send({ method: 'POST', url, headers: {}, body: '{}', ...options });
};

describe('HttpClient with long replies', () => {
  it.each([
    { name: 'with their length', length: true },
    { name: 'without their length', length: false },
  ])('All replies $name are read, and few at a time', async ({ length }) => {
    const body = 'x'.repeat(MEGABYTE - 10);
    receiver = await startReceiver((_request, response) => {
      if (length) response.setHeader('content-length', body.length);
      else response.write('');
      response.end(body);
    });
    const memory = new CountingMemory();
    newClient(memory);
    const replies = await Promise.all(Array.from({ length: 40 }, () => post()));
    for (const reply of replies)
      expect(reply).toMatchObject({ kind: 'answered', httpStatus: 200, truncated: false });
    expect(memory.most).toBeLessThanOrEqual(2 * MEGABYTE);
    expect(memory.most).toBeGreaterThan(MEGABYTE);
  });

  it('A reply that finds no memory in time counts by its status', async () => {
    receiver = await startReceiver((_request, response, nth) => {
      response.setHeader('content-length', MEGABYTE);
      response.write('x'.repeat(100));
      if (nth > 2) response.end('x'.repeat(MEGABYTE - 100));
    });
    newClient(new ReplyMemory(2 * MEGABYTE));
    const holding = [post({ timeoutMs: 2_000 }), post({ timeoutMs: 2_000 })];
    await receiver.waitFor(2);
    expect(await post({ timeoutMs: 500 })).toMatchObject({
      httpStatus: 200,
      text: '',
      truncated: true,
    });
    for (const reply of await Promise.all(holding)) expect(reply).toMatchObject({ timedOut: true });
    expect(await post()).toMatchObject({ httpStatus: 200, truncated: false });
  });
});
