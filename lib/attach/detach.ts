import { checkedOptions } from '../options/checked';
import { numberFrom, type Shape } from '../options/rules';

/** Options of `hooks.detach()`. */
export interface DetachOptions {
  /** How long requests in flight may take to end, in milliseconds. @defaultValue the value of `delivery.timeoutMs` */
  readonly deadlineMs?: number;
}

const DETACH_SHAPE: Shape<DetachOptions> = { deadlineMs: numberFrom(0) };

/** Throws `OPTION_INVALID`. */
export function detachDeadlineMs(
  options: DetachOptions,
  { timeoutMs }: { readonly timeoutMs: number },
): number {
  return checkedOptions(options, DETACH_SHAPE).deadlineMs ?? timeoutMs;
}
