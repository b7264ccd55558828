/** How the text of a handler as a target begins. */
export const HANDLER_SCHEME = 'handler:';
const MAX_NAME_LENGTH = 200;

/**
 * A handler as a target: what `hooks.handler()` returns. Its text, `handler:audit`, names the same target.
 *
 * @example
 * const audit = hooks.handler('audit', () => BackgroundResponse.done());
 * await hooks.for(Person).listener(audit).save();
 */
export class HandlerRef {
  constructor(readonly name: string) {}

  /** As it is stored. */
  get target(): string {
    return HANDLER_SCHEME + this.name;
  }

  /** The same text, in JSON. */
  toJSON(): string {
    return this.target;
  }

  /** The same text. */
  toString(): string {
    return this.target;
  }
}

/** The name in the text of a handler as a target; null if the text is not one. */
export function handlerName(text: string): string | null {
  if (!text.startsWith(HANDLER_SCHEME)) return null;
  const name = text.slice(HANDLER_SCHEME.length);
  return isHandlerName(name) ? name : null;
}

/** Whether a handler can have this name: visible characters and spaces between them. */
export function isHandlerName(name: unknown): name is string {
  return (
    typeof name === 'string' &&
    name.length <= MAX_NAME_LENGTH &&
    /^[^\s\p{C}]+( [^\s\p{C}]+)*$/u.test(name)
  );
}
