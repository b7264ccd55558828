import type { HookEvent } from '../../../lib';
import { type ChunkLimits, ChunkWriter } from '../../../lib/dispatch/plan/chunk-writer';
import type { StoredChunk } from '../../../lib/store/chunks';
import type { Store } from '../../../lib/store/store';

const ORIGINS = new Map([
  ['a', 'https://two.example'],
  ['b', 'https://one.example'],
  ['c', 'https://two.example'],
]);

/** A writer whose store keeps what it is given, with the listeners of each chunk in their order. */
function writing(limits: ChunkLimits) {
  const stored: StoredChunk[] = [];
  const read: string[][] = [];
  const store = {
    chunks: { put: async (chunks: readonly StoredChunk[]) => void stored.push(...chunks) },
    recipients: {
      origins: async () => ORIGINS,
      readLater: (ids: ReadonlySet<string>) => void read.push([...ids]),
    },
  } as unknown as Store;
  const writer = new ChunkWriter(store, { processId: 'p', leaseMs: 1 }, limits);
  const add = async (event: string, ...listenerIds: readonly string[]) =>
    writer.add({ event: { id: event } as HookEvent, listenerIds });
  const chunks = async () => {
    await writer.end();
    return stored.map(({ eventIds, listenerIds }) =>
      eventIds.map((event, n) => `${event}${listenerIds[n]}`).join(' '),
    );
  };
  return { writer, add, chunks, read };
}

describe('ChunkWriter', () => {
  it('Deliveries keep the order of their events if this process sends them', async () => {
    const { add, chunks } = writing({ chunkSize: 4 });
    await add('1', 'a', 'b', 'c');
    await add('2', 'a', 'b', 'c');
    expect(await chunks()).toEqual(['1a 1b 1c 2a', '2b 2c']);
  });

  it('Deliveries to one origin are next to each other if other processes send them', async () => {
    const { add, chunks } = writing({ chunkSize: 4, isForOthers: true });
    await add('1', 'a', 'b', 'c');
    await add('2', 'a', 'b', 'c');
    expect(await chunks()).toEqual(['1b 2b 1a 2a', '1c 2c']);
  });

  it('Chunks of a backlog may be larger', async () => {
    const { add, chunks } = writing({ chunkSize: 1, backlogChunkSize: 3, isBacklog: true });
    await add('1', 'a', 'b', 'c');
    expect(await chunks()).toEqual(['1a 1b 1c']);
  });

  it('Recipients are read with the plan, unless other processes send or there are very many', async () => {
    const own = writing({});
    await own.add('1', 'a', 'b');
    await own.chunks();
    own.writer.recipientsLater();
    expect(own.read).toEqual([['a', 'b']]);
    const others = writing({ isForOthers: true });
    await others.add('1', 'a');
    await others.chunks();
    expect(others.writer.recipientsLater()).toBeNull();
    const many = writing({});
    await many.add('1', ...Array.from({ length: 501 }, (_, n) => `${n}`));
    await many.chunks();
    expect(many.writer.recipientsLater()).toBeNull();
  });
});
