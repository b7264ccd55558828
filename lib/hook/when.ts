import { isObjectLiteral } from '../base/json';
import { UnknownFieldError } from '../errors/hook-errors';
import { OptionInvalidError } from '../errors/option-errors';
import { asMatcher, type StoredMatcher } from '../match/matcher';
import { toStored } from '../match/operand';
import { type Field, membersOf, untyped } from './field';
import type { DeclaredHook } from './model-hook';

/** One condition that a row must satisfy for its change to become an event. */
export interface WhenCondition {
  /** A column, provided or not, or a computed field. */
  readonly field: Field;
  readonly matcher: StoredMatcher;
}

/** The conditions of a hook. Throws `HOOK_UNKNOWN_FIELD`, `FILTER_OPERAND_INVALID` and `FILTER_REGEX_UNSUPPORTED`. */
export function whenConditions(
  hook: string,
  { when = {}, compute = {} }: DeclaredHook,
  columns: ReadonlyMap<string, Field>,
): readonly WhenCondition[] {
  if (!isObjectLiteral(when))
    throw new OptionInvalidError('when', 'a plain object of conditions by field', `hook "${hook}"`);
  const computed = Object.keys(compute);
  return Object.entries(when).map(([path, condition]) => {
    const field = computed.includes(path) ? untyped(path) : columns.get(path);
    if (!field) throw new UnknownFieldError(hook, path, [...columns.keys(), ...computed]);
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
