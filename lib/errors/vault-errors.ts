import { ModelHookError } from './model-hook-error';

/** Stored secrets are encrypted with keys that were not given. `keys` are their ids. */
export class SecretKeyMissingError extends ModelHookError {
  readonly code = 'SECRET_KEY_MISSING';
  constructor(readonly keys: readonly string[]) {
    super(
      `Stored secrets are sealed with ${keys.map((id) => `"${id}"`).join(', ')}, which the option \`encryptionKeys\` of ` +
        '`ModelHooks.attach` does not hold. Give it those keys too, behind the newest one.',
    );
  }
}

/** A stored secret cannot be decrypted with its key: it was changed in the database, or the id now names another key. */
export class SecretUnreadableError extends ModelHookError {
  readonly code = 'SECRET_UNREADABLE';
  constructor(readonly key: string) {
    super(
      `A stored secret does not open with its key "${key}": it was changed in the database, or \`encryptionKeys\` holds another ` +
        'key under that id. Give the right key, or name the secret anew (hooks.listeners.rotateSecret, update).',
    );
  }
}
