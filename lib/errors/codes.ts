/** The codes of all errors, with what each one means. scripts/docs-tables.mjs writes the table of docs/errors.md from it. */
export const ERROR_CODES = {
  HOOK_UNKNOWN_FIELD:
    'A hook provides, or has a condition on, a field that its entity does not have.',
  HOOK_REF_INVALID: 'The URL template of a hook is not one of its columns and URL characters.',
  HOOK_DUPLICATE: 'Two hooks have the same name.',
  HOOK_UNKNOWN_OPERATION: 'An operation does not exist, or the hook does not capture it.',
  HOOK_AMBIGUOUS: 'The entity has several hooks; ask for one by its name.',
  HOOK_NOT_FOUND: 'No hook of that name or entity is attached.',
  HOOK_NO_TRANSACTION: 'A hooked entity was written outside a transaction.',
  CRITERIA_REFUSED: "A hooked entity was written by criteria, and `criteria` is `'refuse'`.",
  HOOK_CAPTURE_FAILED: 'An event could not be captured, so the write was rejected.',
  CONTEXT_INVALID:
    'What was given to `hooks.withContext` is no JSON object, or longer than 4,096 bytes.',
  HOOK_HAS_NO_SENDER: 'A listener has an owner, but its hook has no `sender`.',
  HOOK_REJECTED: 'An interactive hook rejected the write.',
  TABLES_MISSING: 'The tables of the package do not exist in the database.',
  TRIGGERS_OUTDATED:
    'The triggers of a hook are missing in the database, or are not those of this release.',
  NOT_ATTACHED: 'No hooks are attached to the DataSource.',
  DATASOURCE_NOT_INITIALISED: 'The DataSource is not initialised, or was destroyed.',
  TYPEORM_UNSUPPORTED:
    'The version of TypeORM, its database driver, or the encoding of the database is not supported.',
  LISTENER_INVALID: 'A listener was refused; the error names the failing fields.',
  LISTENER_EXISTS:
    "A listener of that identity is stored already, and it was saved with `ifExists: 'reject'`.",
  LISTENER_NOT_FOUND: 'No listener of that id is stored.',
  BACKFILL_REFUSED:
    'A listener cannot be backfilled: it has no hook of an entity, is not active, or its rows cannot be read.',
  FILTER_FIELD_NOT_PROVIDED: 'A filter names a field that the hook does not provide.',
  FILTER_OPERAND_INVALID: 'The operand of a filter does not fit the column.',
  FILTER_REGEX_UNSUPPORTED: 'A regular expression is not in RE2 syntax.',
  RECIPIENT_REFUSED: 'The recipient policy forbids the target.',
  DIGEST_UNSUPPORTED: 'The digest of a listener is not supported.',
  OPTION_INVALID: 'An option or an argument is unknown, or has a value that it cannot have.',
  SECRET_KEY_MISSING: 'Stored secrets are encrypted with a key that was not given.',
  SECRET_UNREADABLE:
    'A stored secret cannot be decrypted with its key: it was changed, or the key is wrong.',
  PAYLOAD_TOO_LARGE: 'An event holds more data than may be sent, so the write was rejected.',
  SCHEDULE_NOT_FOUND: 'No schedule of that name is stored.',
  EVENT_NOT_FOUND: 'No event of that id is stored, or it was pruned.',
  DELIVERY_NOT_FOUND: 'No delivery of that id is stored, or its event was pruned.',
  DELIVERY_ENDED:
    'The transaction of a handler is rolled back: its delivery has an outcome already.',
  REMOTE_EXECUTE: 'A task failed; the message holds the reason that it gave.',
  INVALID_RESPONSE: 'The answer of a remote task is not in the protocol.',
  UNKNOWN_STATUS: 'The answer of a remote task has a status that the protocol does not have.',
  REMOTE_TRANSPORT: 'No answer of a remote task came: a time-out or a connection that failed.',
  REMOTE_HTTP:
    'The server of a remote task answered with a status of 300 or more, and not in the protocol.',
  TASK_TIMEOUT: '`get()` of a task reached its time limit; the task goes on.',
  TASK_NOT_FOUND: 'No task of that id is stored, or its result was deleted.',
  TASK_ABANDONED: 'The process that made a task has ended, and its function `parse` with it.',
  HANDLER_REFUSED: 'A decorated method of a Nest application cannot get events.',
  RAW_BODY_MISSING:
    'A Nest application parsed a request without keeping its raw body, so its signature cannot be verified.',
  NO_LISTENER: 'An interactive hook has no listener.',
  KEYS_UNAVAILABLE: 'The public keys of a sender could not be read from their URL.',
  SIGNATURE_INVALID: 'The signature of a received request is wrong or too old.',
  STATEMENT_TIMEOUT: 'The database did not answer a statement of the package in time.',
  TEST_TIMEOUT: 'A test receiver did not get the requests that a test waits for.',
  IDLE_TIMEOUT: 'idle() reached its time limit while work was left.',
} as const satisfies Readonly<Record<string, string>>;

/** The `code` of an error of this package. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** What is wrong with a received request. */
export type VerificationReason =
  | 'header-missing'
  | 'timestamp-invalid'
  | 'timestamp-too-old'
  | 'timestamp-too-new'
  | 'signature-mismatch'
  | 'body-not-raw';
