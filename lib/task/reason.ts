import { beginning } from '../base/beginning';

/** Characters of a reason that are sent or stored. */
const MAX_LENGTH = 4_000;

/** What a function threw, as the reason of a failure. Never throws. */
export function reasonOf(error: unknown): string {
  return beginning(textOf(error), MAX_LENGTH);
}

/** The message of an error need not be a text, and reading it may throw again. */
function textOf(error: unknown): string {
  try {
    if (error instanceof Error) return String(error.message) || String(error.name);
    return String(typeof error === 'object' ? JSON.stringify(error) : error);
  } catch {
    return `a value of type ${typeof error} was thrown`;
  }
}
