import { expectTypeOf } from 'expect-type';
import type { CallOptions, CallResult, InteractiveHook, JsonValue, ModelHooks } from '../../../lib';

const wrong = (hooks: ModelHooks, hook: InteractiveHook<'amount'>) => [
  // @ts-expect-error a hook provides something
  () => hooks.interactive('quote', {}),
  // @ts-expect-error an unknown option
  () => hooks.interactive('quote', { provides: [], timeout: 5 }),
  // @ts-expect-error an interactive hook has no dynamic listeners
  () => hooks.interactive('quote', { provides: [], resolve: () => [] }),
  // @ts-expect-error a call has data
  () => hook.call(),
  // @ts-expect-error a call joins no transaction
  () => hook.call({}, { manager: undefined as never as object }),
  // @ts-expect-error a condition on a field that is not provided
  () => hook.listener('https://example.com').match({ price: 3 }),
];

describe('hook.call', () => {
  it('The types of a call are those of its data, its options and its result', () => {
    type Call = InteractiveHook['call'];
    expectTypeOf<Call>().parameter(0).toEqualTypeOf<Readonly<Record<string, unknown>>>();
    expectTypeOf<Call>().parameter(1).toEqualTypeOf<CallOptions | undefined>();
    expectTypeOf<Call>().returns.resolves.toEqualTypeOf<CallResult>();
    expectTypeOf<CallResult['status']>().toEqualTypeOf<'success' | 'fail'>();
    expectTypeOf<CallResult['body']>().toEqualTypeOf<JsonValue>();
    expect(wrong).toBeInstanceOf(Function);
  });
});
