import type { Truth } from '../truth';
import { FAMILY_SEED, FAMILY_TRUTHS, familyModel } from './families';
import { hooking } from './hooked';
import { MADE_SEED, MADE_TRIGGERS, MADE_TRUTHS, madeModel } from './made';
import { ORPHAN_SEED, ORPHAN_TRUTHS, orphanModel } from './orphans';
import { PLAIN_SEED, PLAIN_TRUTHS, plainModel } from './plain';
import { RELATED_SEED, relatedModel } from './related';
import { RELATION_SEED, RELATION_TRUTHS, relationModel } from './relations';
import { TRICKY_SEED, TRICKY_TRUTHS, trickyModel } from './tricky';

/** The entities of the table of writes. */
export type Model = ReturnType<typeof modelOf>;

/** New classes each time: hooked ones, and their twins without hooks. */
export function modelOf(isHooked: boolean) {
  const hook = hooking(isHooked);
  return {
    ...plainModel(hook),
    ...madeModel(hook),
    ...relationModel(hook),
    ...orphanModel(hook),
    ...familyModel(hook),
    ...trickyModel(hook),
    ...relatedModel(hook),
  };
}

export const TRUTHS: readonly Truth[] = [
  ...PLAIN_TRUTHS,
  ...MADE_TRUTHS,
  ...RELATION_TRUTHS,
  ...ORPHAN_TRUTHS,
  ...FAMILY_TRUTHS,
  ...TRICKY_TRUTHS,
];

export const SEED = [
  PLAIN_SEED,
  MADE_SEED,
  RELATION_SEED,
  ORPHAN_SEED,
  FAMILY_SEED,
  TRICKY_SEED,
  RELATED_SEED,
].join('\n');

export const TABLE_TRIGGERS = MADE_TRIGGERS;
