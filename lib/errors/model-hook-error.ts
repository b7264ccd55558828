import { oneLine } from '../base/one-line';
import type { ErrorCode } from './codes';

/** What every error of this package is: a class of its own, a stable `code`, its facts as fields. */
export abstract class ModelHookError extends Error {
  abstract readonly code: ErrorCode;

  constructor(message: string, options?: ErrorOptions) {
    // Names and texts of others are quoted in it.
    super(oneLine(message), options);
    this.name = new.target.name;
  }
}
