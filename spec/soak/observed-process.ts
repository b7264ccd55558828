import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { LedgerEntry, Parcel, SHIPPED } from '../chaos/entities';
import { REPORTING_LOGGER, report, type WriterMessage, Writing } from '../chaos/writing';
import { startApplication } from '../support/application/application';
import { setClockAhead } from '../support/processes/set-clock';
import { randomFrom } from '../support/values/random';
import { APPLICATION_NAME, ATTACH, POOL_SIZE, SAMPLE_EVERY_MS, WRITING } from './form';

/** The options of the process, given as JSON in its first argument. */
export interface ObservedOptions {
  readonly url: string;
  readonly seed: number;
}

/** `rest` stops the writing, and `end` ends the process. */
export type ObservedCommand =
  | { readonly kind: 'rest' | 'end' }
  | { readonly kind: 'setClock'; readonly aheadMs: number };

/** What the process holds, after a garbage collection. */
export interface Gauge {
  readonly memoryBytes: number;
  readonly residentBytes: number;
  /** Sockets of clients: connections to endpoints and to the database. */
  readonly sockets: number;
}

export type ObservedMessage =
  | WriterMessage
  | ({ readonly kind: 'gauge' } & Gauge)
  /** The process is attached and writes. */
  | { readonly kind: 'ready' }
  /** The process has stopped writing. */
  | { readonly kind: 'resting' };

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

async function main({ url, seed }: ObservedOptions): Promise<void> {
  const { dataSource, hooks, stop } = await startApplication({
    entities: [Parcel, LedgerEntry],
    url,
    attach: { ...ATTACH, logger: REPORTING_LOGGER },
    dataSource: { poolSize: POOL_SIZE, applicationName: APPLICATION_NAME },
  });
  hooks.define(SHIPPED, { provides: ['mark', 'colour'] });
  const writing = new Writing(dataSource, hooks, randomFrom(seed));
  writing.start(WRITING);
  const sampling = setInterval(() => send({ kind: 'gauge', ...gauge() }), SAMPLE_EVERY_MS);
  process.on('message', async (command: ObservedCommand) => {
    if (command.kind === 'setClock') return setClockAhead(command.aheadMs);
    await writing.stop();
    if (command.kind === 'rest') return send({ kind: 'resting' });
    clearInterval(sampling);
    await stop();
    // It then ends by itself, if nothing is left open.
    process.removeAllListeners('disconnect');
    process.disconnect();
  });
  send({ kind: 'ready' });
}

function gauge(): Gauge {
  collectGarbage();
  const { heapUsed, external, rss } = process.memoryUsage();
  const sockets = process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap');
  return { memoryBytes: heapUsed + external, residentBytes: rss, sockets: sockets.length };
}

function send(message: ObservedMessage): void {
  report(message);
}

if (process.send) {
  // The supervisor has ended.
  process.once('disconnect', () => process.exit(1));
  void main(JSON.parse(process.argv[2] ?? '{}'));
}
