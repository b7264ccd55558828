import { randomUUID } from 'node:crypto';
import { FIRST_TOKEN, type Lease, type StoredChunk, UNHELD_TOKEN } from '../../lib/store/chunks';
import type { Store } from '../../lib/store/store';
import { type Application, startApplication } from '../support/application/application';
import { testStore } from '../support/application/test-store';

let application: Application;
let store: Store;

beforeAll(async () => {
  application = await startApplication({ entities: [], attach: { work: false } });
  store = testStore(application.dataSource);
});
beforeEach(() => query('TRUNCATE model_hook_chunk'));
afterAll(() => application?.stop());

describe('Chunks.put', () => {
  it.each([
    { what: 'one event', events: 1 },
    { what: 'several events', events: 3 },
  ])('put() stores a chunk of $what as it is taken again', async ({ events }) => {
    const chunk = newChunk(events);
    await store.chunks.put([chunk], UNHELD_TOKEN, lease());
    expect(await store.chunks.claimUnheld(10, lease())).toEqual([{ ...chunk, token: FIRST_TOKEN }]);
  });

  it('put() leases chunks to the process, or stores them for any process', async () => {
    const [leased, unheld] = [newChunk(), newChunk()];
    await store.chunks.put([leased], FIRST_TOKEN, lease());
    await store.chunks.put([unheld], UNHELD_TOKEN, lease());
    await store.chunks.put([], UNHELD_TOKEN, lease());
    expect((await store.chunks.claimUnheld(10, lease())).map(({ id }) => id)).toEqual([unheld.id]);
  });
});

describe('Chunks.claimUnheld', () => {
  it('claimUnheld() takes the chunks whose lease expired first, and raises their tokens', async () => {
    const chunks = [newChunk(), newChunk(), newChunk()];
    await store.chunks.put(chunks, FIRST_TOKEN, lease());
    for (const [n, chunk] of chunks.entries()) await expire(chunk, 10 - n);
    expect(await store.chunks.claimUnheld(2, lease())).toEqual(
      expect.arrayContaining(chunks.slice(0, 2).map((chunk) => ({ ...chunk, token: '2' }))),
    );
    expect(await store.chunks.claimUnheld(2, lease())).toMatchObject([{ id: chunks[2]?.id }]);
    expect(await store.chunks.claimUnheld(2, lease())).toEqual([]);
  });

  it('claimUnheld() gives each chunk to one of many processes', async () => {
    const chunks = Array.from({ length: 12 }, () => newChunk());
    await store.chunks.put(chunks, UNHELD_TOKEN, lease());
    const claims = Array.from({ length: 4 }, () => store.chunks.claimUnheld(3, lease()));
    const ids = (await Promise.all(claims)).flat().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('Chunks.expired', () => {
  it('A sweep takes the chunks that a queue has lost and those that no process held, and no others', async () => {
    const [lost, queued, never] = [newChunk(), newChunk(), newChunk()];
    await store.chunks.put([lost, queued], FIRST_TOKEN, { ...lease(), leaseMs: -1 });
    await store.chunks.put([never], UNHELD_TOKEN, lease());
    const expired = await store.chunks.expired(10);
    expect(expired.map(({ id }) => id).sort()).toEqual([lost.id, queued.id].sort());
    expect(await store.chunks.expired(10, [lost.id])).toMatchObject([{ id: queued.id }]);
    const claimed = await store.chunks.claimUnheld(10, lease(), [lost.id]);
    expect(claimed.map(({ id }) => id).sort()).toEqual([lost.id, never.id].sort());
  });
});

describe('Chunks.take', () => {
  it('take() takes a chunk under its token once', async () => {
    const chunk = newChunk();
    await store.chunks.put([chunk], FIRST_TOKEN, lease());
    expect(await store.chunks.take(chunk, 1, lease())).toEqual({ ...chunk, token: '2' });
    expect(await store.chunks.take(chunk, 1, lease())).toBeNull();
    expect(await store.chunks.take({ id: randomUUID(), token: '1' }, 1, lease())).toBeNull();
  });

  it('A later start takes the chunk under the tokens of the starts before it, and no others', async () => {
    const chunk = newChunk();
    await store.chunks.put([chunk], FIRST_TOKEN, lease());
    await store.chunks.take(chunk, 1, lease());
    expect(await store.chunks.take(chunk, 2, lease())).toEqual({ ...chunk, token: '3' });
    expect(await store.chunks.take(chunk, 2, lease())).toBeNull();
    expect(await store.chunks.take(chunk, 3, lease())).toEqual({ ...chunk, token: '4' });
  });
});

describe('Chunks.renew', () => {
  it('renew() extends the lease of the same token only', async () => {
    const [ours, theirs] = [newChunk(), newChunk()];
    await store.chunks.put([ours, theirs], FIRST_TOKEN, lease());
    for (const chunk of [ours, theirs]) await expire(chunk);
    await store.chunks.renew([ours, { ...theirs, token: '0' }], 60_000);
    await store.chunks.renew([], 60_000);
    expect(await store.chunks.claimUnheld(10, lease())).toMatchObject([{ id: theirs.id }]);
  });
});

describe('Chunks.release', () => {
  it('release() lets other processes take a chunk at once', async () => {
    const chunk = newChunk();
    await store.chunks.put([chunk], FIRST_TOKEN, lease());
    await store.chunks.release([chunk], null);
    expect(await store.chunks.claimUnheld(10, lease())).toHaveLength(1);
  });

  it('release() lets other processes take a chunk after a delay', async () => {
    const chunk = newChunk();
    await store.chunks.put([chunk], UNHELD_TOKEN, lease());
    await store.chunks.release([{ ...chunk, token: UNHELD_TOKEN }], 60_000);
    expect(await store.chunks.claimUnheld(10, lease())).toEqual([]);
  });

  it('release() does nothing under an older token', async () => {
    const chunk = newChunk();
    await store.chunks.put([chunk], FIRST_TOKEN, lease());
    await store.chunks.take(chunk, 1, lease());
    await store.chunks.release([chunk], null);
    expect(await store.chunks.claimUnheld(10, lease())).toEqual([]);
  });
});

function query(sql: string, parameters: readonly unknown[] = []): Promise<unknown> {
  return application.dataSource.query(sql, [...parameters]);
}

function lease(): Lease {
  return { processId: randomUUID(), leaseMs: 60_000 };
}

/** Three deliveries, as a process holds them at the first lease. */
function newChunk(events = 1): StoredChunk {
  const ids = Array.from({ length: events }, () => randomUUID());
  const listenerIds = [randomUUID(), randomUUID(), randomUUID()];
  const eventIds = listenerIds.map((_, n) => ids[n % events] ?? '');
  return { id: randomUUID(), token: FIRST_TOKEN, eventIds, listenerIds };
}

async function expire({ id }: StoredChunk, secondsAgo = 1): Promise<void> {
  await query(
    "UPDATE model_hook_chunk SET lease_until = now() - $2 * interval '1 second' WHERE id = $1",
    [id, secondsAgo],
  );
}
