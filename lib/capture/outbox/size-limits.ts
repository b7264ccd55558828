import type { JsonRecord } from '../../base/json';
import { PayloadTooLargeError } from '../../errors/capture-errors';
import type { HookCatalog } from '../../hook/catalog';
import type { Hook } from '../../hook/hook';
import { type GeneralSizes, maxDataBytes } from '../../options/delivery-defaults';

type Named = Pick<Hook, 'name'>;

/** Refuses events whose data is larger than their hook allows. Most hooks have no limit. */
export class SizeLimits {
  constructor(
    private readonly general: GeneralSizes,
    private readonly catalog: Pick<HookCatalog, 'find'>,
  ) {}

  isSetFor({ name }: Named): boolean {
    return this.#maxBytesOf(name) !== null;
  }

  /** Throws `PAYLOAD_TOO_LARGE`. */
  check({ hook, data }: { readonly hook: Named; readonly data: JsonRecord }): void {
    if (!this.isSetFor(hook)) return;
    const excess = this.#excess(hook.name, Buffer.byteLength(JSON.stringify(data)));
    if (excess) throw excess;
  }

  #excess(hook: string, bytes: number): PayloadTooLargeError | null {
    const maxBytes = this.#maxBytesOf(hook) ?? Number.POSITIVE_INFINITY;
    return bytes > maxBytes ? new PayloadTooLargeError(hook, bytes, maxBytes) : null;
  }
  #maxBytesOf(hook: string): number | null {
    return maxDataBytes(this.general, this.catalog.find(hook)?.declared.delivery);
  }
}
