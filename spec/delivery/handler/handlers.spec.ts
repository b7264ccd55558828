import { timeoutMsOf } from '../../../lib/delivery/handler/handlers';
import type { HookEvent } from '../../../lib/hook/event';

const event = {} as HookEvent;
const scheduled = { dueAt: new Date() } as HookEvent;

describe('timeoutMsOf', () => {
  it.each([
    { what: 'of other events is 5 minutes', options: {}, given: event, timeoutMs: 300_000 },
    { what: 'of schedules is 12 hours', options: {}, given: scheduled, timeoutMs: 43_200_000 },
    { what: 'of a handler counts', options: { timeoutMs: 5 }, given: event, timeoutMs: 5 },
    {
      what: 'of a handler counts first',
      options: { timeoutMs: 5 },
      given: scheduled,
      timeoutMs: 5,
    },
  ])('The time limit $what', ({ options, given, timeoutMs }) => {
    expect(timeoutMsOf({ options }, given)).toBe(timeoutMs);
  });
});
