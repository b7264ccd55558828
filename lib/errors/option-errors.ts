import { ModelHookError } from './model-hook-error';

/** What is wrong with an option. */
export interface OptionProblem {
  /** Full path of the option: `delivery.retries`. */
  readonly option: string;
  /** The predicate of a sentence about the option: `must be true or false; got 1`. */
  readonly text: string;
}

/** An option, or an argument of a method, is unknown or has a value that it cannot have. */
export class OptionInvalidError extends ModelHookError {
  readonly code = 'OPTION_INVALID';

  /** `expected` ends the sentence "The option must be …", unless it is a whole problem. */
  constructor(
    readonly option: string,
    expected: string | OptionProblem,
    owner?: string,
  ) {
    const problem = typeof expected === 'string' ? `must be ${expected}` : expected.text;
    super(`The option \`${option}\`${owner ? ` of ${owner}` : ''} ${problem}.`);
  }
}
