import { RE2JS } from 're2js';
import { remember } from '../base/remember';
import { RegexUnsupportedError } from '../errors/listener-errors';

/** Patterns kept compiled; the oldest goes first. Searching, each may gather up to 8 MB of states. */
const MAX_COMPILED = 250;
const cache = new Map<string, RE2JS>();

/** The compiled pattern. What RE2 has not (look-around, back-references) throws `FILTER_REGEX_UNSUPPORTED`. */
export function compiled(pattern: string): RE2JS {
  const known = cache.get(pattern);
  if (known) return known;
  const fresh = compile(pattern);
  remember(cache, MAX_COMPILED, pattern, fresh);
  return fresh;
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    throw new RegexUnsupportedError(pattern, { cause: error });
  }
}
