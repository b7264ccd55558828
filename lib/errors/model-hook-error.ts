import { oneLine } from '../base/one-line';
import type { ErrorCode } from './codes';

/** Base class of all errors of this package. Each has a class, a stable `code`, and its facts as fields. */
export abstract class ModelHookError extends Error {
  abstract readonly code: ErrorCode;

  constructor(message: string, options?: ErrorOptions) {
    // The message can quote names and texts of users.
    super(oneLine(message), options);
    this.name = new.target.name;
  }
}
