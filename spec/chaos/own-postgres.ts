import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ShutdownMode } from '../../scripts/embedded-server.mjs';

const KEEPER = join(__dirname, '../../scripts/postgres-keeper.mjs');

/** An embedded PostgreSQL that can be restarted. Its keeper process removes it if this process is killed. */
export class OwnPostgres {
  static async start(): Promise<OwnPostgres> {
    const { DATABASE_URL: _, ...env } = process.env;
    const keeper = fork(KEEPER, {
      env,
      execArgv: [],
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const { server, url } = await answer<{ server: string; url: string }>(keeper);
    return new OwnPostgres(keeper, server, url);
  }

  private constructor(
    private readonly keeper: ChildProcess,
    readonly server: string,
    readonly url: string,
  ) {}

  /** Restarts on the same port. `fast` closes all connections first; `immediate` is like a crash. */
  async restart(mode: ShutdownMode): Promise<void> {
    const restarted = answer(this.keeper);
    this.keeper.send({ restart: mode });
    await restarted;
  }

  async stop(): Promise<void> {
    if (!this.keeper.connected) return;
    const ended = once(this.keeper, 'exit');
    this.keeper.disconnect();
    await ended;
  }
}

async function answer<T>(keeper: ChildProcess): Promise<T> {
  const ended = new AbortController();
  const { signal } = ended;
  try {
    const [message] = await Promise.race([
      once(keeper, 'message', { signal }),
      once(keeper, 'exit', { signal }).then(([code]) => {
        throw new Error(`The keeper of PostgreSQL ended with ${code}.`);
      }),
    ]);
    return message as T;
  } finally {
    ended.abort();
  }
}
