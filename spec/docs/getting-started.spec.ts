import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { createDatabase, type Database } from '../support/application/database';
import { BuiltProject } from '../support/processes/built-package';
import { codeBlocks, read } from './documents';

const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;

const blocks = codeBlocks(read('docs/getting-started.md'));
const textsOf = (language: string) =>
  blocks.filter((block) => block.language === language).map(({ text }) => text);
const [sender = '', receiver = ''] = textsOf('ts');
const [printedFirst, printedLater] = textsOf('text');

/** A program of the page in a process of its own. */
class PageProgram {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #closed: Promise<unknown>;
  #errors = '';

  constructor(project: BuiltProject, file: string, databaseUrl: string) {
    this.#process = spawn(process.execPath, ['--import', 'tsx', file], {
      cwd: project.path,
      env: { ...process.env, DATABASE_URL: databaseUrl, WEBHOOK_SECRET: SECRET },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { stdout, stderr } = this.#process;
    if (!stdout || !stderr) throw new Error('The process has no output.');
    stderr.on('data', (data) => (this.#errors += data));
    this.#lines = createInterface(stdout)[Symbol.asyncIterator]();
    this.#closed = once(this.#process, 'close');
  }

  /** Its next line. */
  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`The program has ended: ${this.#errors}`);
    return value;
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#closed;
  }
}

/** A port that nothing listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('the programs of the page Getting started', () => {
  const project = new BuiltProject(['typeorm', 'pg', 'reflect-metadata', 'tsx'], {
    forImports: true,
  });
  const running = new Set<PageProgram>();
  let database: Database;
  let port: number;

  beforeAll(async () => {
    database = await createDatabase();
    const receiverPort = await freePort();
    port = await freePort();
    const placed = (text: string) =>
      text.replaceAll('8080', `${receiverPort}`).replaceAll('3000', `${port}`);
    project.write('package.json', '{}');
    project.write('tsconfig.json', textsOf('json')[0] ?? '');
    project.write('sender.mts', placed(sender));
    project.write('receiver.mts', placed(receiver));
  });

  afterAll(async () => {
    for (const program of running) await program.kill();
    await database.drop();
    project.remove();
  });

  /** Starts a program, and waits for the line by which it says that it listens. */
  async function start(file: string): Promise<PageProgram> {
    const program = new PageProgram(project, file, database.url);
    running.add(program);
    await program.line();
    return program;
  }

  async function save(name: string): Promise<void> {
    const response = await fetch(`http://localhost:${port}/?name=${name}`);
    expect(await response.text()).toBe(`Saved ${name}\n`);
  }

  it('The receiver prints what the page says, also what was written while it was down', async () => {
    const first = await start('receiver.mts');
    await start('sender.mts');
    const arrived = first.line();
    await save('Joe');
    expect(await arrived).toBe(printedFirst?.trimEnd());

    running.delete(first);
    await first.kill();
    await save('Ann');
    const second = await start('receiver.mts');
    let line = await second.line();
    // The first receiver may have died before its answer was sent; then its delivery comes again.
    while (line === printedFirst?.trimEnd()) line = await second.line();
    expect(line).toBe(printedLater?.trimEnd());
  }, 120_000);
});
