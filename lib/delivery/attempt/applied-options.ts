import type { Hook } from '../../hook/hook';
import type { AttemptOptions } from '../../options/delivery';
import { attemptOptions } from '../../options/delivery-defaults';
import {
  type DeliveryLimits,
  leastDelayMs,
  limitsWith,
  withinLimits,
} from '../../options/delivery-limits';
import type { Recipient } from '../chunk/recipients';

/** The options of an attachment. */
export type GeneralOptions = Required<AttemptOptions> & { readonly limits?: DeliveryLimits };

/** The options of one attempt. */
export interface AppliedOptions {
  readonly options: Required<AttemptOptions>;
  readonly leastDelayMs: number;
}

/** The options that apply: those of the attachment, overridden by the hook and then by the listener, within the limits for listeners. */
export function appliedOptions(
  general: GeneralOptions,
  { declared }: Hook,
  { delivery }: Recipient,
): AppliedOptions {
  const isOwn = Object.keys(delivery).length > 0;
  if (declared.delivery === undefined && !isOwn) return { options: general, leastDelayMs: 0 };
  const outer = attemptOptions(general, declared.delivery);
  if (!isOwn) return { options: outer, leastDelayMs: 0 };
  const limits = limitsWith(general.limits, declared.delivery?.limits);
  const own = withinLimits(delivery, limits);
  return {
    options: attemptOptions(outer, own),
    leastDelayMs: leastDelayMs(own, outer, limits),
  };
}
