import { isObjectLiteral, storable } from '../base/json';
import { OptionInvalidError } from '../errors/option-errors';

/** Texts by name, as a query or a form holds them, without what the database cannot store. Throws `OPTION_INVALID`. */
export function checkedTexts(args: unknown): Readonly<Record<string, string>> {
  if (!isObjectLiteral(args) || !Object.values(args).every((one) => typeof one === 'string'))
    throw new OptionInvalidError('args', 'an object of texts by name');
  return Object.fromEntries(
    Object.entries(args).map(([name, text]) => [storable(name), storable(String(text))]),
  );
}
