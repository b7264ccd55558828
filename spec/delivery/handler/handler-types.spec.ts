import { expectTypeOf } from 'expect-type';
import {
  BackgroundResponse,
  type HandlerContext,
  type HandlerFunction,
  HandlerRef,
  type HookEvent,
  type ModelHooks,
  ScheduledExecutionResponse,
} from '../../../lib';
import type { AttachedHook } from '../../../lib/attach/attached-hook';

/** Only compiled. */
function types(hooks: ModelHooks, hook: AttachedHook): void {
  expectTypeOf<HandlerFunction>().parameters.toEqualTypeOf<[HookEvent, HandlerContext]>();
  expectTypeOf(hooks.handler('a', () => BackgroundResponse.done())).toEqualTypeOf<HandlerRef>();
  hooks.handler('a', async () => ({ status: 'reschedule', countdown: 60 }));
  hooks.handler('a', () => ScheduledExecutionResponse.fail({ code: 7 }));
  hooks.handler('a', (_event, { transaction }) => transaction(() => BackgroundResponse.skip('x')), {
    timeoutMs: 1_000,
  });
  hook.listener(new HandlerRef('a'));
  // @ts-expect-error a handler returns an answer
  hooks.handler('a', () => undefined);
  // @ts-expect-error a status that does not exist
  hooks.handler('a', () => ({ status: 'done' }));
  // @ts-expect-error a countdown is a number
  BackgroundResponse.reschedule('60');
  // @ts-expect-error done() takes no arguments
  hooks.handler('a', ({ data }) => BackgroundResponse.done(Object.assign(data, {})));
  // @ts-expect-error an option that does not exist
  hooks.handler('a', () => BackgroundResponse.done(), { timeout: 1 });
  // @ts-expect-error a function is no target; hooks.handler() makes one
  hook.listener(() => BackgroundResponse.done());
}

describe('the types of handlers', () => {
  it('Wrong handlers, answers and targets do not compile', () => {
    expect(types).toBeInstanceOf(Function);
  });
});
