import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Flow } from '../../support/application/flow';
import {
  type CallbacksReport,
  FAILURE_KINDS,
  type FailingCallback,
} from '../../support/processes/callbacks-process';

let flow: Flow;

beforeAll(async () => {
  flow = await Flow.start({ attach: { work: false } });
});
afterEach(async () => {
  await flow.clear();
  await flow.query('TRUNCATE model_hook_event, model_hook_delivery, model_hook_chunk');
});
afterAll(() => flow.stop());

interface Ended {
  readonly code: unknown;
  /** How Node.js says that it ended a process. */
  readonly died: string | undefined;
  readonly report: CallbacksReport | undefined;
}

async function run(failing: FailingCallback): Promise<Ended> {
  const child = fork(
    join(__dirname, '../../support/processes/callbacks-process.ts'),
    [JSON.stringify({ url: flow.url, failing })],
    { execArgv: ['--import', 'tsx'], silent: true },
  );
  let errors = '';
  child.stderr?.on('data', (text) => {
    errors += String(text);
  });
  let report: CallbacksReport | undefined;
  child.on('message', (message) => {
    report = message as CallbacksReport;
  });
  const [code] = await once(child, 'close');
  return { code, died: /Unhandled|triggerUncaught/.exec(errors)?.[0], report };
}

const CALLBACKS: readonly FailingCallback[] = [
  'logger',
  'subscriber',
  'channel',
  'lookup',
  'validator',
  'dispatcher',
  'stop of the dispatcher',
  'progress',
];

describe('a function of the application', () => {
  it.each(CALLBACKS)('The process goes on if its %s fails in any way', async (failing) => {
    const { code, died, report } = await run(failing);
    expect({ code, died }).toEqual({ code: 0, died: undefined });
    expect([...(report?.failed ?? [])].sort()).toEqual([...FAILURE_KINDS].sort());
    if (['subscriber', 'channel', 'progress'].includes(failing))
      expect(report?.statuses).toContain('done');
  });
});
