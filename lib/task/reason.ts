import { beginning } from '../base/beginning';

/** Characters of a reason that are sent or stored. */
const MAX_LENGTH = 4_000;

/** What a function threw, as the reason of a failure. Never throws. */
export function reasonOf(error: unknown): string {
  return beginning(textOf(error), MAX_LENGTH);
}

function textOf(error: unknown): string {
  try {
    if (error instanceof Error) return error.message === '' ? error.name : error.message;
    return typeof error === 'object' ? JSON.stringify(error) : String(error);
  } catch {
    return `a value of type ${typeof error} was thrown`;
  }
}
