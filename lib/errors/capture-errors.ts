import { ModelHookError } from './model-hook-error';

/** A hooked entity was written outside a transaction, where row and event cannot be stored together. */
export class NoTransactionError extends ModelHookError {
  readonly code = 'HOOK_NO_TRANSACTION';
  constructor(readonly entity: string) {
    super(
      `${entity} has a hook, so it can only be written in a transaction: ` +
        'leave out `{ transaction: false }`, or open a transaction around the call.',
    );
  }
}

/** A hooked entity was written by criteria, and `criteria` is `'refuse'`. Nothing was written. */
export class CriteriaRefusedError extends ModelHookError {
  readonly code = 'CRITERIA_REFUSED';
  constructor(
    readonly hook: string,
    readonly entity: string,
  ) {
    super(
      `Hook "${hook}" refuses writes of ${entity} by criteria, by query builder and by insert() (\`criteria: 'refuse'\`): ` +
        "use save() or remove(), or hooks.criteria('expand', fn).",
    );
  }
}

/** A function of a hook threw, or returned a promise. Nothing was written. */
export class CaptureFailedError extends ModelHookError {
  readonly code = 'HOOK_CAPTURE_FAILED';
  constructor(
    readonly hook: string,
    why: string,
    options?: ErrorOptions,
  ) {
    super(`Hook "${hook}" could not capture the change: ${why}`, options);
  }
}

/** What was given to `hooks.withContext` is no JSON object, or too long. The function was not called. */
export class ContextInvalidError extends ModelHookError {
  readonly code = 'CONTEXT_INVALID';
  /** `why` quotes no value of the context. */
  constructor(why: string) {
    super(`The context ${why}.`);
  }
}

/** The data of an event is larger than `delivery.maxPayloadBytes`, and `delivery.payloadTooLarge` is `'throw'`. */
export class PayloadTooLargeError extends ModelHookError {
  readonly code = 'PAYLOAD_TOO_LARGE';
  constructor(
    readonly hook: string,
    readonly bytes: number,
    readonly maxBytes: number,
  ) {
    super(
      `An event of hook "${hook}" has ${bytes} bytes of data; the limit is ${maxBytes} (delivery.maxPayloadBytes).`,
    );
  }
}
