import { isObjectLiteral } from '../base/json';
import { OptionInvalidError } from '../errors/option-errors';
import { asMatcher, type StoredMatcher } from '../match/matcher';
import { toStored } from '../match/operand';
import { checkSteps, type EntityFields } from './entity-fields';
import { type Field, membersOf, untyped } from './field';
import type { DeclaredHook } from './model-hook';

/** One condition that a row must satisfy for its change to become an event. */
export interface WhenCondition {
  /** A column, also that of a related entity, provided or not, or a computed field. */
  readonly field: Field;
  readonly matcher: StoredMatcher;
}

/** The conditions of a hook. Throws `HOOK_UNKNOWN_FIELD`, `OPTION_INVALID`, `FILTER_OPERAND_INVALID` and `FILTER_REGEX_UNSUPPORTED`. */
export function whenConditions(
  hook: string,
  { when = {}, compute = {} }: DeclaredHook,
  fields: EntityFields,
): readonly WhenCondition[] {
  if (!isObjectLiteral(when))
    throw new OptionInvalidError('when', 'a plain object of conditions by field', `hook "${hook}"`);
  const computed = Object.keys(compute);
  return Object.entries(when).map(([path, condition]) => {
    const field = computed.includes(path) ? untyped(path) : fields.find(path);
    if (!field) throw fields.unknown(hook, path, computed);
    checkSteps(hook, 'when', field);
    return {
      field,
      matcher: toStored(path, field.kind, asMatcher(condition), { members: membersOf(field) }),
    };
  });
}

/** Whether a matcher looks at the old value. */
export function isTransition({ operator, operand }: StoredMatcher): boolean {
  switch (operator) {
    case 'changed':
    case 'was':
    case 'becomes':
      return true;
    case 'not':
      return isTransition(operand as StoredMatcher);
    case 'allOf':
    case 'anyOf':
      return (operand as readonly StoredMatcher[]).some(isTransition);
    default:
      return false;
  }
}
