import type { DeliveryOptions } from '../delivery/options';
import type { Hook } from '../hook/hook';
import type { RecipientPolicy } from '../listener/recipient-policy';
import { checkPayloadTooLarge, policyOfHook } from './options';

/** Who may be sent to: what a hook says of it, or the attachment. */
export class Policies {
  readonly #ofHooks = new WeakMap<Hook, RecipientPolicy>();

  constructor(private readonly general: RecipientPolicy) {}

  /** The policy that a declaration asks for. Throws `OPTION_INVALID`. */
  checked({ delivery }: { readonly delivery?: DeliveryOptions }): RecipientPolicy {
    if (!delivery) return this.general;
    const { payloadTooLarge } = delivery;
    if (payloadTooLarge !== undefined) checkPayloadTooLarge(payloadTooLarge);
    return policyOfHook(this.general, delivery);
  }

  set(hook: Hook, policy: RecipientPolicy = this.checked(hook.declared)): void {
    this.#ofHooks.set(hook, policy);
  }

  of(hook: Hook | undefined): RecipientPolicy {
    return (hook && this.#ofHooks.get(hook)) ?? this.general;
  }
}
