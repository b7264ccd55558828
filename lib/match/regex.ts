import { RE2JS } from 're2js';
import { remember } from '../base/remember';
import { RegexUnsupportedError } from '../errors/listener-errors';

/** The most compiled patterns that are kept. Each can use up to 8 MB while it searches. */
const MAX_COMPILED = 250;
const cache = new Map<string, RE2JS>();

/** The compiled pattern. Throws `FILTER_REGEX_UNSUPPORTED` for syntax that RE2 does not have: look-around, back-references. */
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
