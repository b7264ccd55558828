import type { IncomingHttpHeaders } from 'node:http';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Observable } from 'rxjs';
import { type ContextOwner, HOOKS } from '../context-middleware';
import { checkArgument } from '../options/checked';
import { FUNCTION } from '../options/rules';

/** A request of Express or Fastify. Guards have run, so it has what they add. */
export interface ContextRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

type Context = Readonly<Record<string, unknown>> | null | undefined;

/**
 * Gives the context of a request; may be async. Null or undefined: none. Its parameter may have the type of your requests. What it throws
 * is the answer to the request.
 */
// The type of a method lets the parameter be narrower, such as the request of Express.
export type ContextOfRequest = {
  /** The context of a request. */
  of(request: ContextRequest): Context | Promise<Context>;
}['of'];

/**
 * Handles each HTTP request inside `hooks.withContext`. The option `context` of `ModelHooksModule` registers it for all routes. Events of
 * writes in middlewares and guards have no context, because these run earlier. What is not HTTP passes through. The constructor throws
 * `OPTION_INVALID`.
 *
 * @example
 * const interceptor = new ModelHooksContextInterceptor(hooks, ({ headers }) => ({
 *   requestId: headers['x-request-id'] ?? null,
 * }));
 */
export class ModelHooksContextInterceptor implements NestInterceptor {
  constructor(
    private readonly hooks: ContextOwner,
    private readonly contextOf: ContextOfRequest,
  ) {
    checkArgument('hooks', hooks, HOOKS);
    checkArgument('context', contextOf, FUNCTION);
  }

  /** Nest calls it. */
  async intercept(execution: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    if (execution.getType() !== 'http') return next.handle();
    const context = await this.contextOf(execution.switchToHttp().getRequest());
    if (context == null) return next.handle();
    // Nest 10 runs the handler when it is subscribed to, and Nest 11 where `handle()` was called.
    return new Observable((subscriber) =>
      this.hooks.withContext(context, () => next.handle().subscribe(subscriber)),
    );
  }
}
