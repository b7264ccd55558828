import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { BuiltProject } from './built-package';

/** A line of progress, as `model-hooks work --json` prints it. */
export interface ProgressLine {
  readonly state: string;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly url?: string;
}

/** A worker of `Person` that takes what it does not say from the environment: the database and the options of attach. */
const DATA_SOURCE = `
  const { DataSource, EntitySchema } = require('typeorm');
  const { ModelHook, modelHookEntities } = require('typeorm-model-hooks');
  const Person = new EntitySchema({
    name: 'person',
    columns: {
      id: { type: 'int', primary: true, generated: true },
      name: { type: 'varchar' },
      address: { type: 'varchar', nullable: true },
      secret: { type: 'varchar', nullable: true },
    },
  });
  ModelHook({ provides: ['name', 'address'] })(Person);
  exports.dataSource = new DataSource({
    type: 'postgres',
    url: process.env.PROJECT_URL,
    entities: [Person, ...modelHookEntities],
    synchronize: true,
  });
  exports.modelHooks = { ...JSON.parse(process.env.PROJECT_OPTIONS), work: true };
  exports.onStart = () => console.log('on start');
  exports.onStop = () => console.log('on stop');`;

/** A project with this package as it is built, for processes of `model-hooks work`. */
export function workerProject(): BuiltProject {
  const project = new BuiltProject(['typeorm', 'pg', 'reflect-metadata']);
  project.write('package.json', '{}');
  project.write('data-source.js', DATA_SOURCE);
  return project;
}

export interface WorkerChildOptions {
  readonly project: BuiltProject;
  readonly url: string;
  readonly attach?: object;
  readonly args?: readonly string[];
}

/** The program `model-hooks work` in a process of its own. */
export class WorkerChild {
  readonly #process: ChildProcess;
  readonly #closed: Promise<unknown>;
  readonly #lines: Interface;
  readonly #texts = { out: '', error: '' };

  constructor({ project, url, attach = {}, args = [] }: WorkerChildOptions) {
    this.#process = spawn(
      process.execPath,
      [project.main, 'work', '-d', 'data-source.js', ...args],
      {
        cwd: project.path,
        env: { ...process.env, PROJECT_URL: url, PROJECT_OPTIONS: JSON.stringify(attach) },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const { stdout, stderr } = this.#process;
    if (!stdout || !stderr) throw new Error('The process has no output.');
    stderr.on('data', (data) => (this.#texts.error += data));
    stdout.on('data', (data) => (this.#texts.out += data));
    this.#lines = createInterface(stdout);
    this.#closed = once(this.#process, 'close');
  }

  /** Resolves with the first line when it works. */
  static async start(options: WorkerChildOptions): Promise<WorkerChild & { first: ProgressLine }> {
    const child = new WorkerChild(options);
    const died = child.#closed.then(() => {
      throw new Error(`The worker ended: ${child.error}`);
    });
    const [line] = await Promise.race([once(child.#lines, 'line'), died]);
    return Object.assign(child, { first: JSON.parse(String(line)) as ProgressLine });
  }

  get error(): string {
    return this.#texts.error;
  }

  get out(): string {
    return this.#texts.out;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Resolves with the exit code. */
  async ended(): Promise<number | null> {
    await this.#closed;
    return this.#process.exitCode;
  }

  /** Ends it in any case. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#closed;
  }
}
