import * as promises from 'node:timers/promises';
import { Flow } from '../../support/application/flow';

/** Thirty years, which is longer than a timer of Node.js can wait. */
const LONG_MS = 1e12;
const LONGEST_MS = 2 ** 31 - 1;

/** The times that timers were started with. */
const waits: unknown[] = [];
beforeEach(() => {
  waits.length = 0;
  for (const name of ['setTimeout', 'setInterval'] as const) {
    const start = globalThis[name] as (...args: unknown[]) => NodeJS.Timeout;
    jest.spyOn(globalThis, name).mockImplementation(((...args: unknown[]) => {
      waits.push(args[1]);
      return start(...args);
    }) as never);
  }
  const sleep = promises.setTimeout;
  jest.spyOn(promises, 'setTimeout').mockImplementation((ms, ...others) => {
    waits.push(ms);
    return sleep(ms, ...others) as never;
  });
});
afterEach(() => jest.restoreAllMocks());

describe('times that are longer than a timer can wait', () => {
  it.each([
    { what: 'sweepMs', attach: { sweepMs: LONG_MS } },
    { what: 'leaseMs', attach: { leaseMs: LONG_MS } },
    { what: 'statementTimeoutMs', attach: { statementTimeoutMs: LONG_MS } },
    { what: 'waitMs', attach: { waitMs: LONG_MS, dispatcher: 'inline' } },
    { what: 'deadlineMs of detach()', attach: {}, detach: { deadlineMs: LONG_MS } },
  ] as const)('$what has no timer that passes at once', async ({ attach, ...others }) => {
    const flow = await Flow.start({ attach });
    try {
      const { receiver } = await flow.listen();
      await flow.savePeople(1);
      await flow.hooks.idle();
      expect(receiver.received).toHaveLength(1);
      await flow.hooks.detach('detach' in others ? others.detach : {});
    } finally {
      await flow.stop();
    }
    expect(waits.length).toBeGreaterThan(0);
    expect(waits.filter((ms) => Number(ms) > LONGEST_MS)).toEqual([]);
  });
});
