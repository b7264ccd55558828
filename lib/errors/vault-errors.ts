import { ModelHookError } from './model-hook-error';

/** Stored secrets are encrypted with keys that were not given. `keys` are their ids. */
export class SecretKeyMissingError extends ModelHookError {
  readonly code = 'SECRET_KEY_MISSING';
  constructor(readonly keys: readonly string[]) {
    super(
      `Stored secrets are encrypted with ${keys.map((id) => `"${id}"`).join(', ')}, which the option \`encryptionKeys\` of ` +
        '`ModelHooks.attach` does not contain. Add those keys behind the newest one.',
    );
  }
}

/** A stored secret cannot be decrypted with its key: it was changed in the database, or the id now names another key. */
export class SecretUnreadableError extends ModelHookError {
  readonly code = 'SECRET_UNREADABLE';
  constructor(readonly key: string) {
    super(
      `A stored secret cannot be decrypted with its key "${key}": it was changed in the database, or \`encryptionKeys\` has another ` +
        'key under that id. Give the right key, or set the secret again (hooks.listeners.rotateSecret, update).',
    );
  }
}
