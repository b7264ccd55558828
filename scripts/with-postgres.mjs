// node scripts/with-postgres.mjs -- COMMAND ARGS…
//
// Runs the command with DATABASE_URL naming a PostgreSQL database made for it alone: in an embedded server when
// DATABASE_URL is not set, else on the server that it names. Ends as the command ended.
//
// A keeper process in a session of its own (postgres-keeper.mjs) makes that database and takes it away when this process
// lets go of it. A dead process lets go too, so `kill -9` leaves nothing behind either. The command is the leader of a
// process group of its own: a signal reaches it once, and the keeper can end all of it.
//
// Linux and macOS; on Windows use WSL.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dropDatabases } from './borrowed-database.mjs';
import { removeLeftoversOf } from './embedded-leftovers.mjs';
import { signalGroup } from './processes.mjs';

const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
const PATIENCE_MS = 10_000;

/** @typedef {{ code: number | null, signal: NodeJS.Signals | null }} Ended */

const separator = process.argv.indexOf('--');
const [command, ...args] = separator < 0 ? [] : process.argv.slice(separator + 1);
if (command === undefined) {
  console.error('Usage: node scripts/with-postgres.mjs -- COMMAND ARGS…');
  process.exit(2);
}

/** @type {NodeJS.Signals | undefined} */
let interruptedBy;
/** @type {number | undefined} */
let group;

for (const signal of SIGNALS) process.on(signal, () => interrupt(signal));

const keeper = fork(fileURLToPath(new URL('postgres-keeper.mjs', import.meta.url)), {
  detached: true,
  stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
});
const keeperEnded = once(keeper, 'exit');
const url = await readyUrl();
const ended = url === undefined ? { code: 1, signal: null } : await run(command, args, url);
if (keeper.connected) keeper.disconnect();
const [, killedBy] = await keeperEnded;
if (killedBy !== null) await cleanUp();
process.exit(exitCode(ended));

/** The keeper's address, or nothing when it failed (and said why) or a signal came first. */
async function readyUrl() {
  const [message] = await Promise.race([once(keeper, 'message'), keeperEnded.then(() => [])]);
  if (message === undefined || interruptedBy !== undefined) return undefined;
  console.log(message.server);
  return /** @type {string} */ (message.url);
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} url
 * @returns {Promise<Ended>}
 */
async function run(command, args, url) {
  const bin = fileURLToPath(new URL('../node_modules/.bin', import.meta.url));
  const child = spawn(command, args, {
    detached: true,
    stdio: 'inherit',
    env: { ...process.env, DATABASE_URL: url, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` },
  });
  group = child.pid;
  if (group !== undefined && keeper.connected) keeper.send({ group });
  keeper.once('exit', () => signalGroup(group, 'SIGKILL'));
  try {
    const [code, signal] = await once(child, 'exit');
    return { code, signal };
  } catch (error) {
    console.error(`Cannot run ${command}: ${/** @type {Error} */ (error).message}`);
    return { code: 127, signal: null };
  }
}

/** What the keeper would have done, had it not been killed. */
async function cleanUp() {
  const { DATABASE_URL } = process.env;
  if (!DATABASE_URL) await removeLeftoversOf(keeper.pid);
  else if (url !== undefined) await dropDatabases(DATABASE_URL, new URL(url).pathname.slice(1));
}

/** @param {NodeJS.Signals} signal */
function interrupt(signal) {
  if (interruptedBy === undefined) {
    setTimeout(() => signalGroup(group, 'SIGKILL'), PATIENCE_MS).unref();
  }
  interruptedBy = signal;
  signalGroup(group, signal);
}

/** @param {Ended} ended */
function exitCode({ code, signal }) {
  const fatal = signal ?? (group === undefined ? interruptedBy : undefined);
  return fatal === undefined ? (code ?? 1) : 128 + constants.signals[fatal];
}
