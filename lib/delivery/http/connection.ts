import type { Socket } from 'node:net';
import { HeadFilter } from './head-filter';
import { Trouble } from './trouble';

/** What an exchange may ask about its connection. */
export interface Connection {
  /** Whether earlier requests were sent on it, and nothing has come since the last one. */
  readonly isUnanswered: boolean;
}

/** An exchange that wants to know its connection. */
export interface ConnectionUser {
  begin(connection: Connection): void;
}

/** Which exchange begins: undici reports the start of a request right before it writes the request to a connection. */
export class Starts {
  #starting: ConnectionUser | undefined;

  add(user: ConnectionUser): void {
    this.#starting = user;
  }

  /** The exchange that begins, once. */
  take(): ConnectionUser | undefined {
    const starting = this.#starting;
    this.#starting = undefined;
    return starting;
  }
}

/**
 * Size of the pieces that undici's parser gets. When headers exceed its limit, the parser still reads to the end of the piece, with an
 * error for each header. A piece of 64 kB, the most that a socket reads at once, took 80 ms.
 */
const PIECE_BYTES = 2_048;

/** Stands between a socket and undici: counts requests and bytes, and filters the heads of replies. */
export class WatchedConnection implements Connection {
  readonly #filter = new HeadFilter();
  readonly #read: Socket['read'];
  #requests = 0;
  #written = 0;
  #received = 0;
  #isAnswered = false;

  constructor(
    private readonly socket: Socket,
    private readonly starts: Starts,
    private readonly maxBytes: number,
  ) {
    this.#read = socket.read.bind(socket);
    const write = socket.write.bind(socket);
    socket.read = (size) => this.#next(size);
    socket.write = ((...parts: Parameters<typeof write>) => {
      this.#begin();
      return write(...parts);
    }) as Socket['write'];
  }

  get isUnanswered(): boolean {
    return this.#requests > 1 && !this.#isAnswered;
  }

  #begin(): void {
    const user = this.starts.take();
    if (!user) return;
    this.#requests += 1;
    this.#isAnswered = false;
    this.#filter.restart();
    user.begin(this);
  }

  /** undici calls `read()` until nothing is left to read. */
  #next(size?: number): Buffer | null {
    const { socket } = this;
    try {
      for (;;) {
        if (socket.destroyed) return null;
        const piece: Buffer | null = this.#read(size ?? this.#pieceBytes);
        if (piece === null) return null;
        this.#count(piece.length);
        const passed = this.#filter.pass(piece);
        if (passed) return passed;
      }
    } catch (error) {
      socket.destroy(error as Error);
      return null;
    }
  }

  get #pieceBytes(): number | undefined {
    return Math.min(this.socket.readableLength, PIECE_BYTES) || undefined;
  }

  #count(bytes: number): void {
    this.#isAnswered = true;
    if (this.socket.bytesWritten !== this.#written) {
      // Another request was sent, so the count starts again.
      this.#written = this.socket.bytesWritten;
      this.#received = 0;
    }
    this.#received += bytes;
    if (this.#received > this.maxBytes) throw new Trouble(`more than ${this.maxBytes} bytes came`);
  }
}
