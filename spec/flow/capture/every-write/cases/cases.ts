import { BESIDES } from './besides';
import type { Case } from './case';
import { CHILDREN, IN_TREES } from './families';
import { INSERTS } from './inserts';
import { MADE } from './made';
import { RELATED } from './related';
import { JUNCTIONS, ORPHANS, RELATIONS } from './relations';
import { REMOVALS } from './removals';
import { SAVES } from './saves';
import { SILENCE } from './silence';
import { TRANSACTIONS } from './transactions';
import { TRICKY } from './tricky';
import { UNHOOKED } from './unhooked';
import { UPDATES } from './updates';

export type { Case, Run } from './case';

/** The table, in groups. */
export function casesOf(): Readonly<Record<string, readonly Case[]>> {
  return {
    'save()': SAVES,
    transactions: TRANSACTIONS,
    'inserts by criteria': INSERTS,
    'updates by criteria': UPDATES,
    removals: REMOVALS,
    'values that the database makes': MADE,
    relations: RELATIONS,
    'relations of many to many': JUNCTIONS,
    'values of related rows': RELATED,
    orphans: ORPHANS,
    'classes in one table': CHILDREN,
    trees: IN_TREES,
    'statements that are hard to extend': TRICKY,
    'writes beside TypeORM': BESIDES,
    silence: SILENCE,
    'an entity without a hook': UNHOOKED,
  };
}
