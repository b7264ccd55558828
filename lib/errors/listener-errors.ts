import { didYouMean } from '../base/nearest';
import { quoted } from '../base/quoted';
import { ModelHookError } from './model-hook-error';

/** A listener with an owner receives only events that its owner sent, so the hook needs the option `sender`. */
export class NoSenderError extends ModelHookError {
  readonly code = 'HOOK_HAS_NO_SENDER';
  constructor(readonly hook: string) {
    super(
      `Hook "${hook}" has no \`sender\`, so a listener with an \`owner\` would receive nothing.`,
    );
  }
}

/** A listener was refused. `fields` holds the reasons by option. */
export class ListenerInvalidError extends ModelHookError {
  readonly code = 'LISTENER_INVALID';
  constructor(readonly fields: Readonly<Record<string, readonly string[]>>) {
    const reasons = Object.entries(fields).map(([field, why]) => {
      const text = why.join('; ');
      // Most reasons begin with the option: `delivery.retries must be …`.
      return text.startsWith(field) ? text : `${field}: ${text}`;
    });
    super(`The listener is invalid. ${reasons.join(' · ')}`);
  }
}

/** A listener of the same identity is stored already, and was not to be updated. */
export class ListenerExistsError extends ModelHookError {
  readonly code = 'LISTENER_EXISTS';
  constructor(readonly listener: string) {
    super(`The listener exists already; its id is ${quoted(listener)}.`);
  }
}

/** No listener of that id is stored. */
export class ListenerNotFoundError extends ModelHookError {
  readonly code = 'LISTENER_NOT_FOUND';
  constructor(readonly listener: string) {
    super(`No listener ${quoted(listener)} is stored; hooks.listeners.find() lists them.`);
  }
}

/** The rows of a listener cannot be sent by a backfill. `reason` says why. */
export class BackfillRefusedError extends ModelHookError {
  readonly code = 'BACKFILL_REFUSED';
  constructor(
    readonly listener: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`The listener ${quoted(listener)} cannot be backfilled: ${reason}.`, options);
  }
}

/** A filter names a field that the hook does not provide. */
export class FieldNotProvidedError extends ModelHookError {
  readonly code = 'FILTER_FIELD_NOT_PROVIDED';
  constructor(
    readonly hook: string,
    readonly field: string,
    readonly provided: readonly string[],
  ) {
    super(
      `"${hook}" does not provide "${field}"; filters can use: ${provided.join(', ') || 'nothing'}.${didYouMean(field, provided)}`,
    );
  }
}

/** The operand can never match a value of that column. */
export class OperandInvalidError extends ModelHookError {
  readonly code = 'FILTER_OPERAND_INVALID';
  constructor(
    readonly field: string,
    readonly operator: string,
    expected: string,
  ) {
    super(`The filter "${field}" ${operator}(…) expects ${expected}.`);
  }
}

/** A regular expression is not in RE2 syntax. RE2 runs in linear time, so it has no look-around and no back-references. */
export class RegexUnsupportedError extends ModelHookError {
  readonly code = 'FILTER_REGEX_UNSUPPORTED';
  constructor(
    readonly pattern: string,
    options?: ErrorOptions,
  ) {
    super(
      `like(${JSON.stringify(pattern)}) is not RE2 syntax: look-around and back-references are not supported.`,
      options,
    );
  }
}

/** The digest is none of `sha1`, `sha256`, `sha384` and `sha512`. */
export class DigestUnsupportedError extends ModelHookError {
  readonly code = 'DIGEST_UNSUPPORTED';
  constructor(readonly digest: string) {
    super(
      `The digest ${quoted(digest)} is not supported; expected sha1, sha256, sha384 or sha512.`,
    );
  }
}
