// Started by with-postgres.mjs: makes the database, says where it is, and takes it away again when its starter
// disconnects, which a starter that was killed does too. In a session of its own, so that Ctrl-C does not reach it.
// spec/chaos/own-postgres.ts has it restart the embedded server.
import { borrowDatabase } from './borrowed-database.mjs';
import { startEmbeddedServer } from './embedded-server.mjs';
import { endProcess } from './processes.mjs';

/** @typedef {import('./embedded-server.mjs').ShutdownMode} ShutdownMode */

const PATIENCE_MS = 2_000;

const { DATABASE_URL } = process.env;
/** @type {Promise<import('./borrowed-database.mjs').Server & Partial<import('./embedded-server.mjs').EmbeddedServer>>} */
const opening = DATABASE_URL ? borrowDatabase(DATABASE_URL) : startEmbeddedServer();

/** @type {number | undefined} */
let group;
let isClosing = false;

process.on('message', (/** @type {{ group: number } | { restart: ShutdownMode }} */ message) => {
  if ('group' in message) group = message.group;
  else restart(message.restart);
});
process.on('disconnect', close);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, close);
// Killed while this was still loading: nobody heard it.
if (!process.connected) close();

try {
  const { server, url } = await opening;
  // Disconnected meanwhile: close() is at work.
  if (process.connected) process.send?.({ server, url });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

/** @param {ShutdownMode} mode */
async function restart(mode) {
  try {
    const server = await opening;
    if (!server.restart) throw new Error('Only the embedded PostgreSQL can be restarted.');
    await server.restart({ mode });
    if (process.connected) process.send?.({ restarted: mode });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    close();
  }
}

async function close() {
  if (isClosing) return;
  isClosing = true;
  try {
    const { close: closeServer } = await opening;
    // Whatever the command left running would only hold connections; usually there is nothing.
    if (group !== undefined) {
      await endProcess(-group, { signals: ['SIGTERM', 'SIGKILL'], patienceMs: PATIENCE_MS });
    }
    await closeServer();
    process.exit(0);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
