import type { ErrorCode } from './error-codes';
import { oneLine } from './one-line';

/** What every error of this package is: a class of its own, a stable `code`, its facts as fields. */
export abstract class ModelHookError extends Error {
  abstract readonly code: ErrorCode;

  constructor(message: string, options?: ErrorOptions) {
    // Names and texts of others are quoted in it.
    super(oneLine(message), options);
    this.name = new.target.name;
  }
}

/** A hook provides, or has a condition on, a field that its entity does not have. */
export class UnknownFieldError extends ModelHookError {
  readonly code = 'HOOK_UNKNOWN_FIELD';
  constructor(
    readonly hook: string,
    readonly field: string,
    readonly known: readonly string[],
  ) {
    super(`Hook "${hook}" names the field "${field}", which is none of: ${known.join(', ')}.`);
  }
}

/** Two hooks bear one name. */
export class DuplicateHookError extends ModelHookError {
  readonly code = 'HOOK_DUPLICATE';
  constructor(readonly hook: string) {
    super(
      `Hook "${hook}" is declared twice; hook names are unique. Give one of them another \`name\`.`,
    );
  }
}

/** An operation that does not exist, or one that the hook does not report. */
export class UnknownOperationError extends ModelHookError {
  readonly code = 'HOOK_UNKNOWN_OPERATION';
  constructor(
    readonly hook: string,
    readonly operation: string,
    readonly known: readonly string[],
  ) {
    super(
      `Hook "${hook}" has no operation "${operation}"; expected ${known.join(', ') || 'none'}.`,
    );
  }
}

/** The entity has several hooks, so that its class does not name one. */
export class AmbiguousHookError extends ModelHookError {
  readonly code = 'HOOK_AMBIGUOUS';
  constructor(
    readonly entity: string,
    readonly hooks: readonly string[],
  ) {
    super(`${entity} has several hooks (${hooks.join(', ')}); ask for one by name: hooks.get(…).`);
  }
}

/** No such hook is attached to this DataSource. */
export class HookNotFoundError extends ModelHookError {
  readonly code = 'HOOK_NOT_FOUND';
  constructor(
    readonly hook: string,
    readonly known: readonly string[],
  ) {
    super(`No hook "${hook}" is attached; attached are: ${known.join(', ') || 'none'}.`);
  }
}

/** Outside a transaction an event could not be stored if and only if the row is. */
export class NoTransactionError extends ModelHookError {
  readonly code = 'HOOK_NO_TRANSACTION';
  constructor(readonly entity: string) {
    super(
      `${entity} is hooked, and hooked entities are written in a transaction only: ` +
        'leave out `{ transaction: false }`, or open a transaction around the call.',
    );
  }
}

/** A function of a hook threw, or the row could not be identified; nothing was written. */
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

/** Owned listeners hear only what their owner sent, so the hook must say who sends. */
export class NoSenderError extends ModelHookError {
  readonly code = 'HOOK_HAS_NO_SENDER';
  constructor(readonly hook: string) {
    super(
      `Hook "${hook}" names no \`sender\`, so a listener with an \`owner\` would hear nothing.`,
    );
  }
}

/** The tables are not there: the migrations were not run. */
export class TablesMissingError extends ModelHookError {
  readonly code = 'TABLES_MISSING';
  constructor(readonly missing: readonly string[]) {
    super(
      `The database lacks ${missing.join(', ')}. Add \`...modelHookMigrations\` to the DataSource's ` +
        '`migrations`, then run: npx typeorm migration:run -d <your data source file>',
    );
  }
}

/** `attach` was called before `initialize()`. */
export class NotInitialisedError extends ModelHookError {
  readonly code = 'DATASOURCE_NOT_INITIALISED';
  constructor() {
    super('The DataSource is not initialised: await dataSource.initialize() before attaching.');
  }
}

/** TypeORM is too old, or the driver is not one that is supported. */
export class UnsupportedError extends ModelHookError {
  readonly code = 'TYPEORM_UNSUPPORTED';
}

/** A listener was refused. `fields` says for each failing field what was expected. */
export class ListenerInvalidError extends ModelHookError {
  readonly code = 'LISTENER_INVALID';
  constructor(readonly fields: Readonly<Record<string, readonly string[]>>) {
    const reasons = Object.entries(fields).map(([field, why]) => `${field}: ${why.join('; ')}`);
    super(`The listener is invalid. ${reasons.join(' · ')}`);
  }
}

/** A filter may only name what the hook provides. */
export class FieldNotProvidedError extends ModelHookError {
  readonly code = 'FILTER_FIELD_NOT_PROVIDED';
  constructor(
    readonly hook: string,
    readonly field: string,
    readonly provided: readonly string[],
  ) {
    super(
      `"${hook}" does not provide "${field}"; filters may name: ${provided.join(', ') || 'nothing'}.`,
    );
  }
}

/** The operand can never equal a value of that column. */
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

/** RE2 runs in linear time, hence has no look-around and no back-references. */
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

/** The recipient policy forbids the target. `setting` is the option that forbids it. */
export class RecipientRefusedError extends ModelHookError {
  readonly code = 'RECIPIENT_REFUSED';
  constructor(
    readonly recipient: string,
    readonly setting: string,
    why: string,
  ) {
    super(`${recipient} is refused: ${why} (delivery.recipients.${setting}).`);
  }
}

/** `sha1`, `sha256`, `sha384` and `sha512` are supported. */
export class DigestUnsupportedError extends ModelHookError {
  readonly code = 'DIGEST_UNSUPPORTED';
  constructor(readonly digest: string) {
    super(`The digest "${digest}" is not supported; expected sha1, sha256, sha384 or sha512.`);
  }
}

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

/** Stored secrets are sealed with keys that were not given. `keys` are their ids. */
export class SecretKeyMissingError extends ModelHookError {
  readonly code = 'SECRET_KEY_MISSING';
  constructor(readonly keys: readonly string[]) {
    super(
      `Stored secrets are sealed with ${keys.map((id) => `"${id}"`).join(', ')}, which the option \`encryptionKeys\` of ` +
        '`ModelHooks.attach` does not hold. Give it those keys too, behind the newest one.',
    );
  }
}

/** A stored secret does not open with its key: it was changed in the database, or the id names another key by now. */
export class SecretUnreadableError extends ModelHookError {
  readonly code = 'SECRET_UNREADABLE';
  constructor(readonly key: string) {
    super(
      `A stored secret does not open with its key "${key}": it was changed in the database, or \`encryptionKeys\` holds another ` +
        'key under that id. Give the right key, or name the secret anew (hooks.listeners.rotateSecret, update).',
    );
  }
}

/** Work was left when the time given to `idle()` ran out. */
export class IdleTimeoutError extends ModelHookError {
  readonly code = 'IDLE_TIMEOUT';
  constructor(
    readonly timeoutMs: number,
    readonly left: string,
  ) {
    super(`Not idle after ${timeoutMs} ms; left: ${left}.`);
  }
}
