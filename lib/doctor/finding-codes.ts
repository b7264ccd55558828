/** The level and the meaning of each code of a finding. scripts/docs-tables.mjs writes the table of docs/operating.md from it. */
export const FINDING_CODES = {
  ENCODING_UNSUPPORTED: ['error', 'The encoding of the database is not UTF8.'],
  TABLES_MISSING: ['error', 'Tables of the package do not exist.'],
  COLUMNS_MISSING: ['error', 'Tables of the package lack columns of this release.'],
  INDEXES_MISSING: ['error', 'Indexes of the package do not exist or are not valid.'],
  RIGHTS_MISSING: ['error', 'The role lacks rights on tables of the package.'],
  TRIGGERS_MISSING: ['error', 'The triggers of the hook are not installed.'],
  TRIGGERS_OUTDATED: [
    'error',
    'The triggers of the hook are not those of this release and its options.',
  ],
  HOOK_TABLE_MISSING: [
    'error',
    'The table of the hook does not exist, or its schema may not be used.',
  ],
  HOOK_COLUMN_MISSING: ['error', 'The class of the hook has columns that the table lacks.'],
  HOOK_COLUMN_UNREADABLE: ['error', 'The role may not read columns that the hook provides.'],
  SECRETS_UNREADABLE: ['error', 'Stored secrets cannot be decrypted with the given keys.'],
  CHECK_FAILED: ['error', 'A check could not be made.'],
  CRITERIA_UNSEEN: ['warning', "Writes by criteria made no event, because `criteria` is `'warn'`."],
  CLEAR_UNSEEN: ['warning', '`clear()` was called, and subscribers do not see it.'],
  WRITES_REFUSED: ['warning', 'Writes made no event, because the database returned no row.'],
  ROW_SECURITY: ['warning', 'Row security can keep subscribers from reading what a write did.'],
  RULES: ['warning', 'Rules of the table can keep subscribers from reading what a write did.'],
  CLOCK_DIFFERENCE: [
    'warning',
    'The clocks of the process and of the database differ by over 5 s.',
  ],
  LISTENER_HOOK_ABSENT: ['warning', 'Listeners are stored for a hook that is not attached here.'],
  LISTENER_FIELD_ABSENT: [
    'warning',
    'Listeners have conditions on a field that the hook lacks here.',
  ],
  LISTENER_SELECT_ABSENT: ['warning', 'Listeners select a field that the hook lacks here.'],
  LISTENER_PATTERN_ABSENT: [
    'warning',
    'Listeners have a pattern that no event of the hooks here has.',
  ],
  HANDLER_ABSENT: ['warning', 'Listeners have a handler that is not registered here.'],
  LISTENERS_UNKEYED: ['warning', 'Listeners have no match keys of this release.'],
  EVENTS_FOREIGN: ['warning', 'Events have long waited for a process that attaches their hook.'],
  SIGNING_KEYS_ABSENT: [
    'warning',
    'Listeners want signatures by key pairs (`v1a`), and no `signingKeys` are given here.',
  ],
  SECRETS_PLAIN: ['warning', 'No encryption key is given, so secrets are stored in plain text.'],
  CAPTURE_SUBSCRIBERS: [
    'info',
    'Subscribers capture the hook; the message names what they do not see.',
  ],
  CAPTURE_TRIGGERS: ['info', 'Triggers capture the hook; the message names what they do not see.'],
  CAPTURE_SEND: [
    'info',
    'The hook has no entity: its events are made by `send()`, by calls or by a schedule.',
  ],
  CASCADES_UNSEEN: [
    'info',
    'Subscribers do not see what the actions of these foreign keys do to the rows of the hook.',
  ],
  POOLED_BY_TRANSACTION: [
    'info',
    'A pooler gives each transaction another connection, as PgBouncer does in transaction mode.',
  ],
} as const satisfies Readonly<Record<string, readonly ['error' | 'warning' | 'info', string]>>;
