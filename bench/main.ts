import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { Client } from 'pg';
import { admin } from './admin';
import { backlog } from './backlog';
import { fanOut } from './fan-out';
import { type Figure, table } from './figure';
import { hanging } from './hanging';
import { latency } from './latency';
import { match } from './match';
import { FILLER, fillAsOrdered } from './match/filling';
import { matchEndToEnd } from './match-end-to-end';
import { orderedBacklog } from './ordered-backlog';
import { peers } from './peers';
import { CONTENDER } from './peers/contender';
import { contend } from './peers/contending';
import { PEER_WORKER, peerWorker } from './peers/ours';
import { receive } from './receiver';
import { saveCost } from './save-cost';
import { telemetry } from './telemetry';
import { vetoes } from './vetoes';
import { writes } from './writes';

type Bench = () => Promise<readonly Figure[]>;

const BENCHES: ReadonlyMap<string, Bench> = new Map([
  ['save-cost', saveCost],
  ['writes', writes],
  ['vetoes', vetoes],
  ['telemetry', telemetry],
  ['backlog', backlog],
  ['latency', latency],
  ['fan-out', fanOut],
  ['hanging', hanging],
  ['ordered-backlog', orderedBacklog],
  ['peers', peers],
  ['match', match],
  ['match-end-to-end', matchEndToEnd],
  ['admin', admin],
]);

/** `npm run bench [-- NAME…]` runs each bench in a process of its own and then prints one table. */
async function main(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !BENCHES.has(name));
  if (unknown.length > 0)
    throw new Error(
      `Unknown bench "${unknown.join('", "')}". The benches are ${[...BENCHES.keys()].join(', ')}.`,
    );
  const startedAt = Date.now();
  const figures: Figure[] = [];
  for (const name of names.length > 0 ? names : BENCHES.keys()) {
    console.log(`Running ${name} …`);
    figures.push(...(await inProcess(name)));
  }
  console.log(`\n${table(figures)}\n\n${await machine()}`);
  console.log(`Took ${Math.round((Date.now() - startedAt) / 1_000)} s.`);
}

async function inProcess(name: string): Promise<readonly Figure[]> {
  const child = fork(__filename, [name], { execArgv: [...process.execArgv, '--expose-gc'] });
  let figures: readonly Figure[] | undefined;
  child.on('message', (message) => {
    figures = message as readonly Figure[];
  });
  const [code] = await once(child, 'exit');
  if (!figures) throw new Error(`The bench ${name} ended with ${code}.`);
  return figures;
}

async function machine(): Promise<string> {
  const client = new Client({ connectionString: process.env.DATABASE_URL });
  await client.connect();
  const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
  await client.end();
  const processors = cpus();
  return `Node ${process.version}, ${processors.length} cores (${processors[0]?.model.trim()}), PostgreSQL ${rows[0]?.server_version}.`;
}

/** Runs the bench that this process was forked for. */
async function role(name: string, order = ''): Promise<void> {
  if (name === FILLER) return fillAsOrdered(order);
  if (name === CONTENDER) return contend(order);
  if (name === PEER_WORKER) return peerWorker(order);
  const bench = BENCHES.get(name);
  if (!bench) return receive();
  const figures = await bench();
  process.send?.(figures);
  process.disconnect();
}

const [name = '', ...others] = process.argv.slice(2);
const work = process.send ? role(name, ...others) : main(name ? [name, ...others] : []);
work.catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
