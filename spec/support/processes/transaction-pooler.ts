import { createServer, type Server, type Socket } from 'node:net';
import { Client } from 'pg';

/** A server process that a pooler lends to its clients. */
interface Backend {
  readonly client: Client;
  readonly stream: Socket;
}

export interface TransactionPooler {
  readonly url: string;
  stop(): Promise<void>;
}

/** A pooler as PgBouncer in transaction mode: each transaction of a client gets the server connection that was used last. */
export async function startTransactionPooler(url: string): Promise<TransactionPooler> {
  const backends = await Promise.all([newBackend(url), newBackend(url)]);
  const idle = [...backends];
  const server = createServer((socket) => new PooledClient(socket, idle));
  const port = await listening(server);
  const through = new URL(url);
  through.host = `127.0.0.1:${port}`;
  return {
    url: through.href,
    stop: async () => {
      for (const { stream } of backends) stream.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** `AuthenticationOk`, then `ReadyForQuery`. */
const WELCOME = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]);
const [QUERY, SYNC, TERMINATE, READY] = ['Q', 'S', 'X', 'Z'];
const IN_NO_TRANSACTION = 'I';

class PooledClient {
  #backend: Backend | undefined;
  /** Messages that the server answers with `ReadyForQuery`. */
  #unanswered = 0;
  #isWelcome = false;
  readonly #sent = new Messages();
  readonly #answered = new Messages();

  constructor(
    private readonly socket: Socket,
    private readonly idle: Backend[],
  ) {
    socket.on('data', (data) => this.#receive(data));
    socket.on('error', () => socket.destroy());
  }

  #receive(data: Buffer): void {
    if (!this.#isWelcome) {
      this.#isWelcome = true;
      this.socket.write(WELCOME);
      return;
    }
    const kinds = this.#sent.kindsIn(data).map(({ kind }) => kind);
    if (kinds.includes(TERMINATE)) return void this.socket.end();
    this.#unanswered += kinds.filter((kind) => kind === QUERY || kind === SYNC).length;
    this.#borrowed().stream.write(data);
  }

  #borrowed(): Backend {
    if (this.#backend) return this.#backend;
    const backend = this.idle.pop();
    if (!backend) throw new Error('The pooler has no connection left.');
    backend.stream.on('data', this.#answer);
    this.#backend = backend;
    return backend;
  }

  readonly #answer = (data: Buffer): void => {
    const ready = this.#answered.kindsIn(data).filter(({ kind }) => kind === READY);
    this.#unanswered -= ready.length;
    if (this.#unanswered === 0 && ready.at(-1)?.first === IN_NO_TRANSACTION) this.#giveBack();
    this.socket.write(data);
  };

  #giveBack(): void {
    if (!this.#backend) return;
    this.#backend.stream.off('data', this.#answer);
    this.idle.push(this.#backend);
    this.#backend = undefined;
  }
}

/** Finds the messages of the protocol in a stream: a kind of one byte, a length, and the rest. */
class Messages {
  #rest: Buffer = Buffer.alloc(0);

  kindsIn(data: Buffer): readonly { readonly kind: string; readonly first: string }[] {
    const found: { kind: string; first: string }[] = [];
    let rest = Buffer.concat([this.#rest, data]);
    while (rest.length >= 5 && rest.length > rest.readUInt32BE(1)) {
      found.push({ kind: rest.toString('latin1', 0, 1), first: rest.toString('latin1', 5, 6) });
      rest = rest.subarray(1 + rest.readUInt32BE(1));
    }
    this.#rest = rest;
    return found;
  }
}

/** `pg` signs in; its connection is then used without it. */
async function newBackend(connectionString: string): Promise<Backend> {
  const client = new Client({ connectionString });
  await client.connect();
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
  for (const event of ['data', 'end', 'close', 'error']) stream.removeAllListeners(event);
  stream.on('error', () => stream.destroy());
  return { client, stream };
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' ? (address?.port ?? 0) : 0);
    });
  });
}
