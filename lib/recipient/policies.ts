import { OptionInvalidError } from '../errors/option-errors';
import type { HookCatalog } from '../hook/catalog';
import type { Hook } from '../hook/hook';
import { certificatesOf } from '../options/certificates';
import type { DeliveryOptions } from '../options/delivery';
import { proxyOf } from '../options/proxy';
import type { RecipientPolicy } from './policy';

/** The recipient policy of each hook: its own, or that of the attachment. */
export class Policies {
  readonly #ofHooks = new WeakMap<Hook, RecipientPolicy>();

  constructor(
    private readonly general: RecipientPolicy,
    private readonly catalog: Pick<HookCatalog, 'find'>,
  ) {}

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

  /** The policy for listeners of the hook of that name. Null: for listeners of a pattern. */
  of(name: string | null): RecipientPolicy {
    const hook = name === null ? undefined : this.catalog.find(name);
    return (hook && this.#ofHooks.get(hook)) ?? this.general;
  }
}

/** The policy of a hook that has delivery options of its own. Throws `OPTION_INVALID`, for the way its requests take too. */
function policyOfHook(
  general: RecipientPolicy,
  { recipients, proxy = null, ca = [] }: DeliveryOptions,
): RecipientPolicy {
  checkRoute({ proxy, ca });
  return recipients === undefined ? general : general.overriddenBy(recipients);
}

export function checkRoute({ proxy, ca }: Required<Pick<DeliveryOptions, 'proxy' | 'ca'>>): void {
  proxyOf(proxy);
  certificatesOf(ca);
}

export function checkPayloadTooLarge(said: DeliveryOptions['payloadTooLarge']): void {
  if (said !== 'truncate' && said !== 'throw')
    throw new OptionInvalidError('delivery.payloadTooLarge', "'truncate' or 'throw'");
}
