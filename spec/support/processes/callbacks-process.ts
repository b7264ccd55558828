import { subscribe } from 'node:diagnostics_channel';
import { type AttachOptions, ModelHooks } from '../../../lib';
import { REPORT_NAMES } from '../../../lib/logging/reports';
import { Flow } from '../application/flow';
import { Person, person } from '../entities/person';

/** Which functions of the application fail. */
export type FailingCallback =
  | 'logger'
  | 'subscriber'
  | 'channel'
  | 'lookup'
  | 'validator'
  | 'dispatcher'
  | 'stop of the dispatcher'
  | 'progress';

export interface CallbacksOptions {
  readonly url: string;
  readonly failing: FailingCallback;
}

/** What the process reports before it ends. */
export interface CallbacksReport {
  /** The ways in which the function failed. */
  readonly failed: readonly string[];
  readonly statuses: readonly string[];
}

/** Ways in which a function can fail. Each fits in place of any function. */
const FAILURES = {
  'throws an error': () => {
    throw new RangeError('no');
  },
  'throws what is no error': () => {
    throw Object.create(null);
  },
  'throws nothing': () => {
    throw undefined;
  },
  'rejects a promise': () => Promise.reject(new RangeError('no')),
  'rejects a promise later': () =>
    new Promise((_, reject) => {
      setTimeout(reject, 5, new RangeError('no'));
    }),
  'returns a promise of another library that rejects': () => ({
    // biome-ignore lint/suspicious/noThenProperty: it is such a promise
    then: (_: unknown, reject: (error: unknown) => void) => reject(new RangeError('no')),
  }),
  'answers with nonsense': (_name?: unknown, _options?: unknown, answer?: unknown) => {
    const call = answer as (...given: unknown[]) => void;
    if (typeof call === 'function') setTimeout(() => call(null, [null, { address: 7 }, {}]), 1);
    return [null];
  },
} as const;

export const FAILURE_KINDS = Object.keys(FAILURES) as readonly (keyof typeof FAILURES)[];

/** A function that fails in each way in turn. */
class Failing {
  readonly failed = new Set<string>();
  #calls = 0;

  readonly fail = (...given: readonly unknown[]): never => {
    const kind = FAILURE_KINDS[this.#calls % FAILURE_KINDS.length] ?? 'throws an error';
    this.#calls += 1;
    this.failed.add(kind);
    return FAILURES[kind](...(given as [])) as never;
  };

  get isDone(): boolean {
    return this.failed.size === FAILURE_KINDS.length;
  }
}

function attachOptions(failing: FailingCallback, fail: () => never): AttachOptions {
  const recipients = { ports: 'any', allow: ['127.0.0.0/8'] } as const;
  const soon = { retryDelayMs: 20, jitter: 0 };
  switch (failing) {
    case 'logger': {
      const logger = { debug: fail, info: fail, warn: fail, error: fail };
      return { encryptionKeys: {}, logger, sweepMs: 50, dispatcher: { dispatch: throwing } };
    }
    case 'lookup':
      return { delivery: { ...soon, recipients: { ...recipients, lookup: fail } } };
    case 'validator':
      return { delivery: { recipients: { ...recipients, validators: [fail] } } };
    case 'dispatcher':
      return { sweepMs: 50, dispatcher: { dispatch: fail } };
    case 'stop of the dispatcher':
      return { dispatcher: { dispatch: () => undefined, stop: fail } };
    default:
      return {};
  }
}

/** Ends with exit code 0 only if nothing that failed has ended it. */
async function main({ url, failing }: CallbacksOptions): Promise<void> {
  const callback = new Failing();
  const { fail } = callback;
  const flow = await Flow.start({ url, attach: attachOptions(failing, fail) });
  for (const name of REPORT_NAMES) {
    if (failing === 'subscriber') flow.hooks.on(name, fail);
    if (failing === 'channel') subscribe(`typeorm-model-hooks:${name}`, fail);
  }
  const isSent = ['subscriber', 'channel', 'progress'].includes(failing);
  if (isSent) await flow.listen();
  while (!callback.isDone) {
    await use(flow, failing, fail);
    await passed(20);
  }
  if (isSent) await flow.hooks.idle();
  await passed(50);
  await flow.hooks.detach();
  const { items } = await flow.hooks.deliveries.find();
  await flow.stop();
  const statuses = items.map(({ status }) => status);
  process.send?.({ failed: [...callback.failed], statuses } satisfies CallbacksReport);
  process.disconnect();
}

/** Makes the package call the function. */
async function use(
  { hooks, dataSource }: Flow,
  failing: FailingCallback,
  fail: () => never,
): Promise<void> {
  const target = 'http://hooks.example.com:8080/';
  const listener = hooks.for(Person).listener(target);
  await listener.save().catch(ignored);
  await dataSource.manager.save(person());
  if (failing === 'progress') {
    await hooks.listeners.saveMany([listener], { onProgress: fail }).catch(ignored);
    await hooks.listeners.reindex({ onProgress: fail }).catch(ignored);
    await hooks.listeners.reencrypt({ onProgress: fail }).catch(ignored);
  }
  if (failing !== 'stop of the dispatcher') return;
  await hooks.detach();
  await ModelHooks.attach(dataSource);
}

function ignored(): void {}

function throwing(): never {
  throw new RangeError('no');
}

function passed(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

if (require.main === module) void main(JSON.parse(process.argv[2] ?? ''));
