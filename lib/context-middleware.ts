import { checkArgument } from './options/checked';
import { FUNCTION, type Rule } from './options/rules';

/** The part of an attachment that a middleware uses. */
export type ContextOwner = {
  withContext<T>(context: Readonly<Record<string, unknown>>, fn: () => T): T;
};

/** Gives the context of a request. Null or undefined: none. */
type ContextOf<Request> = (
  request: Request,
) => Readonly<Record<string, unknown>> | null | undefined;

/** Goes on with the request, or ends it with an error. */
type Next = (error?: Error) => void;

/**
 * A middleware of Express that handles the rest of a request inside `hooks.withContext`. Use it after the middlewares that read the body
 * and authenticate. What `contextOf` throws, and `CONTEXT_INVALID`, goes to `next`. Throws `OPTION_INVALID`.
 *
 * @example
 * const middleware = contextMiddleware(hooks, (request: { headers: Record<string, string> }) => ({
 *   requestId: request.headers['x-request-id'] ?? null,
 * }));
 */
export function contextMiddleware<Request>(
  hooks: ContextOwner,
  contextOf: ContextOf<Request>,
): (request: Request, response: unknown, next: Next) => void {
  checkArgument('hooks', hooks, HOOKS);
  checkArgument('contextOf', contextOf, FUNCTION);
  return (request, _response, next) => {
    let isInside = false;
    const inside = () => {
      isInside = true;
      next();
    };
    try {
      const context = contextOf(request);
      if (context == null) inside();
      else hooks.withContext(context, inside);
    } catch (error) {
      // What the rest of the request throws is not ours.
      if (isInside) throw error;
      next(error as Error);
    }
  };
}

/**
 * The same as a hook of Fastify: `app.addHook('preHandler', contextHook(hooks, contextOf))`. Fastify leaves the block of an earlier hook
 * when it reads the body.
 *
 * @example
 * const hook = contextHook(hooks, (request: { id: string }) => ({ requestId: request.id }));
 */
export function contextHook<Request>(
  hooks: ContextOwner,
  contextOf: ContextOf<Request>,
): (request: Request, reply: unknown, done: Next) => void {
  return contextMiddleware(hooks, contextOf);
}

export const HOOKS: Rule = {
  accepts: (value) =>
    typeof value === 'object' &&
    value !== null &&
    typeof Reflect.get(value, 'withContext') === 'function',
  expected: 'what ModelHooks.attach() resolves with',
};
