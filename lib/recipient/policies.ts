import type { HookCatalog } from '../hook/catalog';
import type { Hook } from '../hook/hook';
import type { DeliveryOptions } from '../options/delivery';
import type { RecipientPolicy } from './policy';

/** The recipient policy of each hook: its own, or that of the attachment. */
export class Policies {
  readonly #ofHooks = new WeakMap<Hook, RecipientPolicy>();

  constructor(
    private readonly general: RecipientPolicy,
    private readonly catalog: Pick<HookCatalog, 'find'>,
  ) {}

  /** The policy for the options of a hook. Throws `OPTION_INVALID`. */
  checked(options: { readonly delivery?: DeliveryOptions } | undefined): RecipientPolicy {
    const { recipients } = options?.delivery ?? {};
    return recipients === undefined ? this.general : this.general.overriddenBy(recipients);
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
