import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A proxy in front of the database of a URL, whose connections can stop answering without being closed. */
export interface FreezingProxy {
  /** The URL with the address of the proxy. */
  readonly url: string;
  /** Open connections. */
  readonly size: number;
  /** From now on, the open connections pass nothing on, in neither direction. New ones work. */
  freeze(): void;
  /** The first open connection that passes on this text, in either direction, is frozen from then on. */
  freezeAt(text: string): Promise<void>;
  /** New connections are closed at once, and the open ones are lost. */
  refuse(): void;
  /** New connections work again. */
  accept(): void;
  close(): Promise<void>;
}

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  isFrozen: boolean;
}

export async function startFreezingProxy(url: string): Promise<FreezingProxy> {
  const target = new URL(url);
  const pairs = new Set<Pair>();
  let isRefusing = false;
  let watched: { readonly text: string; readonly seen: () => void } | null = null;

  const server = createServer((near) => {
    if (isRefusing) return near.destroy();
    const far = connect(Number(target.port || 5432), target.hostname);
    const pair: Pair = { near, far, isFrozen: false };
    pairs.add(pair);
    pass(pair, near, far);
    pass(pair, far, near);
    return near;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  function pass(pair: Pair, from: Socket, to: Socket): void {
    from.on('data', (data) => {
      if (watched && data.includes(watched.text)) {
        pair.isFrozen = true;
        watched.seen();
        watched = null;
      }
      if (!pair.isFrozen) to.write(data);
    });
    from.on('error', () => undefined);
    from.on('close', () => {
      pairs.delete(pair);
      if (!pair.isFrozen) to.destroy();
    });
  }

  const address = new URL(url);
  address.hostname = '127.0.0.1';
  address.port = String((server.address() as AddressInfo).port);
  return {
    url: address.href,
    get size() {
      return pairs.size;
    },
    freeze: () => {
      for (const pair of pairs) pair.isFrozen = true;
    },
    freezeAt: (text) =>
      new Promise((seen) => {
        watched = { text, seen };
      }),
    refuse: () => {
      isRefusing = true;
      for (const { near, far } of pairs) {
        near.destroy();
        far.destroy();
      }
    },
    accept: () => {
      isRefusing = false;
    },
    close: async () => {
      isRefusing = true;
      for (const { near, far } of pairs) {
        near.destroy();
        far.destroy();
      }
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
