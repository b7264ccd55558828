import type { Hook } from '../hook/hook';
import type { CallResult, Calls } from '../interactive/call/calls';
import { CALL_SHAPE, type CallOptions, DATA, givenOptions } from '../interactive/call/options';
import type { Vetoes } from '../interactive/veto/vetoes';
import type { Listeners } from '../listener/listeners';
import type { Condition } from '../match/matcher';
import { checkArgument } from '../options/checked';
import { AttachedHook } from './attached-hook';

/**
 * A hook without an entity whose callers wait for the answer. It has one listener.
 *
 * @example
 * const quote = hooks.interactive('quote', { provides: ['amount'] });
 * await quote.listener('https://example.com/quote').save();
 */
export class InteractiveHook<Field extends string = string> extends AttachedHook<{
  readonly [field in Field]?: Condition;
}> {
  constructor(
    hook: Hook,
    listeners: Listeners,
    vetoes: Vetoes,
    private readonly calls: Calls,
  ) {
    super(hook, listeners, vetoes);
  }

  /**
   * Asks the listener, with those of the values that the hook provides. Resolves with its answer, also with one that is `fail`. A handler
   * that throws or does not answer in time, and a URL that does not reply, are a `fail` with HTTP status 400. Each call is logged as a
   * delivery of an event that has the name of the hook. Rejects with `NO_LISTENER`.
   *
   * @example
   * const { status, httpStatus, body } = await hooks.interactive('quote').call({ amount: 3 });
   */
  async call(
    data: Readonly<Record<string, unknown>>,
    options: CallOptions = {},
  ): Promise<CallResult> {
    checkArgument('data', data, DATA);
    return this.calls.call(this.hook, data, givenOptions(options, CALL_SHAPE));
  }
}
