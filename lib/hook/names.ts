import { storable } from '../base/json';
import { OptionInvalidError } from '../errors/option-errors';

const MAX_NAME_LENGTH = 255;

/**
 * Throws `OPTION_INVALID` for the name of a hook or an event that cannot be stored. Such a name would make every write of the entity fail,
 * and every statement with the names of all hooks.
 */
export function checkStorable(name: string): void {
  const isText = typeof name === 'string' && name !== '' && name.length <= MAX_NAME_LENGTH;
  if (isText && storable(name) === name) return;
  const expected = `a text of 1 to ${MAX_NAME_LENGTH} characters, without NUL and unpaired surrogates`;
  throw new OptionInvalidError('name', `${expected}, for a hook and its events`);
}
