import type { Case } from './case';
import { INSERTS } from './inserts';
import { MADE } from './made';
import { REMOVALS } from './removals';
import { SAVES } from './saves';
import { TRANSACTIONS } from './transactions';
import { UNHOOKED } from './unhooked';
import { UPDATES } from './updates';

export type { Case } from './case';

/** The table, in groups. */
export function casesOf(): Readonly<Record<string, readonly Case[]>> {
  return {
    'save()': SAVES,
    transactions: TRANSACTIONS,
    'inserts by criteria': INSERTS,
    'updates by criteria': UPDATES,
    removals: REMOVALS,
    'values that the database makes': MADE,
    'an entity without a hook': UNHOOKED,
  };
}
