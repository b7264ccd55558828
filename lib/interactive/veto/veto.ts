import { LONGEST_TIMER_MS } from '../../base/deadline';
import type { HandlerContext } from '../../delivery/handler/handlers';
import { HandlerRef, handlerName } from '../../options/handler-ref';
import { FUNCTION, numberFrom, oneOf, type Rule, type Shape } from '../../options/rules';
import type { InteractiveAnswer } from '../answer';
import type { VetoEvent } from './question';

/** A function that is asked before a write, and whose answer `fail` rejects the write. */
export type VetoFunction = (
  event: VetoEvent,
  context: HandlerContext,
) => InteractiveAnswer | Promise<InteractiveAnswer>;

/** Options of a veto. */
export interface VetoOptions {
  /** Time limit of each question, in milliseconds. The caller of `save()` waits as long. @defaultValue `5000` */
  readonly timeoutMs?: number;
  /**
   * What happens to the write if the veto throws, does not answer in time, answers something else, or is a handler that this process does
   * not know. @defaultValue `'reject'`
   */
  readonly onUnavailable?: 'reject' | 'allow';
}

export const VETO_DEFAULTS = {
  timeoutMs: 5_000,
  onUnavailable: 'reject',
} as const satisfies Required<VetoOptions>;

export const VETO_SHAPE: Shape<VetoOptions> = {
  timeoutMs: numberFrom(1, LONGEST_TIMER_MS),
  onUnavailable: oneOf('reject', 'allow'),
};

/** A function, or what `hooks.handler()` returned, or the text of that. */
export const VETO_TARGET: Rule = {
  accepts: (value) =>
    FUNCTION.accepts(value) ||
    value instanceof HandlerRef ||
    (typeof value === 'string' && handlerName(value) !== null),
  expected: "a function or a handler: what `hooks.handler()` returns, or 'handler:<name>'",
};
