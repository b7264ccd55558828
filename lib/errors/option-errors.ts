import { ModelHookError } from './model-hook-error';

/** An option has a value that it cannot have. */
export class OptionInvalidError extends ModelHookError {
  readonly code = 'OPTION_INVALID';
  constructor(
    readonly option: string,
    expected: string,
  ) {
    super(`The option \`${option}\` must be ${expected}.`);
  }
}
