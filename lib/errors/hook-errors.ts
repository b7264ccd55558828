import { didYouMean } from '../base/nearest';
import { quoted } from '../base/quoted';
import { ModelHookError } from './model-hook-error';

/** A hook provides, or has a condition on, a field that its entity does not have. */
export class UnknownFieldError extends ModelHookError {
  readonly code = 'HOOK_UNKNOWN_FIELD';
  constructor(
    readonly hook: string,
    readonly field: string,
    readonly known: readonly string[],
    /** The fields among which the probable one is sought. */
    near: readonly string[] = known,
  ) {
    super(
      `Hook "${hook}" names the unknown field "${field}"; known are: ${known.join(', ')}.${didYouMean(field, near)}`,
    );
  }
}

/** The URL template of a hook's `ref` has a part that is not a text of a URL or the path of a column in braces. */
export class RefTemplateError extends ModelHookError {
  readonly code = 'HOOK_REF_INVALID';
  readonly template: string;
  /** The part that was refused: an expression with its braces, or a character. */
  readonly part: string;
  /** The column paths that could stand in braces. Empty if the part is not an expression. */
  readonly known: readonly string[];
  constructor(
    readonly hook: string,
    { template, part, known }: Pick<RefTemplateError, 'template' | 'part' | 'known'>,
  ) {
    const path = part.replace(/[^\w.]/g, '');
    const expected =
      known.length > 0
        ? `expected {field} with one of: ${known.join(', ')}.${didYouMean(path, known)}`
        : 'expected the characters of a URL, and {field} for a value.';
    super(`Hook "${hook}" has the ref ${quoted(template)} with ${quoted(part)}; ${expected}`);
    this.template = template;
    this.part = part;
    this.known = known;
  }
}

/** Two hooks have the same name. */
export class DuplicateHookError extends ModelHookError {
  readonly code = 'HOOK_DUPLICATE';
  constructor(readonly hook: string) {
    super(
      `Hook "${hook}" is declared twice; hook names are unique. Give one of them another \`name\`.`,
    );
  }
}

/** An operation that does not exist, or that the hook does not capture. */
export class UnknownOperationError extends ModelHookError {
  readonly code = 'HOOK_UNKNOWN_OPERATION';
  constructor(
    readonly hook: string,
    readonly operation: string,
    readonly known: readonly string[],
  ) {
    super(
      `Hook "${hook}" has no operation ${quoted(operation)}; expected ${known.join(', ') || 'none'}.${didYouMean(operation, known)}`,
    );
  }
}

/** The entity has several hooks, so a class does not identify one of them. */
export class AmbiguousHookError extends ModelHookError {
  readonly code = 'HOOK_AMBIGUOUS';
  constructor(
    readonly entity: string,
    readonly hooks: readonly string[],
  ) {
    super(`${entity} has several hooks (${hooks.join(', ')}); use hooks.get(name).`);
  }
}

/** No hook of that name or entity is attached to this DataSource. */
export class HookNotFoundError extends ModelHookError {
  readonly code = 'HOOK_NOT_FOUND';
  constructor(
    readonly hook: string,
    readonly known: readonly string[],
  ) {
    super(
      `No hook ${quoted(hook)} is attached; attached are: ${known.join(', ') || 'none'}.${didYouMean(hook, known)}`,
    );
  }
}
