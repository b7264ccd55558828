import type { EntityMetadata } from 'typeorm';
import { OptionInvalidError } from '../errors/option-errors';
import type { DeliveryOptions } from '../options/delivery';
import type { Field } from './field';

interface Keyed {
  readonly metadata: EntityMetadata | null;
  readonly fields: ReadonlyMap<string, Field>;
}

/** The provided fields that hold the primary key, one a column. Null if one of the columns is not provided, or the hook has no entity. */
export function keyFields({ metadata, fields }: Keyed): readonly Field[] | null {
  const provided = [...fields.values()];
  const columns = metadata?.primaryColumns ?? [];
  const found = columns.map((one) => provided.find(({ column }) => column === one));
  return found.length > 0 && found.every((field) => field !== undefined) ? found : null;
}

/** What `delivery.recheck` needs, as the predicate of a sentence about it. */
export const RECHECK_NEEDS =
  'needs an entity whose primary key the hook provides, because the row is read again by its key';

/** Throws `OPTION_INVALID` if a hook asks to recheck rows that its events do not name. */
export function checkRecheck(
  name: string,
  { delivery }: { readonly delivery?: DeliveryOptions },
  keyed: Keyed,
): void {
  if (delivery?.recheck !== true || keyFields(keyed) !== null) return;
  const option = 'delivery.recheck';
  throw new OptionInvalidError(option, { option, text: RECHECK_NEEDS }, `hook "${name}"`);
}
