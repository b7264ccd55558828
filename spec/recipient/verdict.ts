import { RecipientRefusedError } from '../../lib/errors/recipient-errors';

/** The verdict of a policy: `'allowed'` or the setting that refuses. */
export function verdictOf(check: () => void): string {
  try {
    check();
    return 'allowed';
  } catch (error) {
    if (error instanceof RecipientRefusedError) return error.setting;
    throw error;
  }
}
