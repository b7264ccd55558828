import { type JsonValue, toJson } from '../base/json';

/** The value of a function as JSON; `undefined` is null. Throws for an object that contains itself or is nested too deep. */
export function retvalOf(value: unknown): JsonValue {
  const retval = toJson(value);
  const isObject = typeof value === 'object' && value !== null;
  // A Date without a time and an object with `toJSON` may be null in JSON.
  if (retval === null && isObject && !('toJSON' in value))
    throw new TypeError('the value contains itself, or is nested too deep for JSON');
  return retval;
}
