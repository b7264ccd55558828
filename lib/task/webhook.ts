import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type ExpressHandler,
  expressHandler,
  type FetchHandler,
  serveNode,
} from '../base/web-requests';
import { checkArgument, checkedOptions } from '../options/checked';
import { FUNCTION, type Shape, wholeNumberFrom } from '../options/rules';
import { type FastifyHandler, fastifyHandler } from './adapters';
import { reasonOf } from './reason';
import { argumentsOf } from './request-args';
import { retvalOf } from './retval';

/** What a function that is served as a remote task gets beside its arguments. */
export interface TaskRequestContext {
  readonly method: 'GET' | 'POST';
  readonly headers: Headers;
  /** The header `Task-Id`: the same if a task is called again. Null if the caller sends none. */
  readonly taskId: string | null;
  /** The header `Task-Attempt`, from 1. Null if the caller sends none. */
  readonly attempt: number | null;
}

/** A function as a remote task. The arguments are texts: those of the query, or of the form of a POST. */
export type ServedFunction = (
  args: Readonly<Record<string, string>>,
  context: TaskRequestContext,
) => unknown;

/** Options of a function that is served as a remote task. */
export interface TaskWebhookOptions {
  /** The longest body of a request, in bytes. A longer one is a failure. @defaultValue `1048576` */
  readonly maxBodyBytes?: number;
}

export const TASK_WEBHOOK_DEFAULTS = {
  maxBodyBytes: 1_048_576,
} as const satisfies Required<TaskWebhookOptions>;

const WEBHOOK_SHAPE: Shape<TaskWebhookOptions> = { maxBodyBytes: wholeNumberFrom(0) };

/**
 * Serves a function as a remote task: its value is answered as `{"status":"success","retval":…}`, what it throws as
 * `{"status":"failure","reason":…}`, both with HTTP 200. Another method than GET and POST is a failure, too. Throws `OPTION_INVALID`.
 *
 * @example
 * import { createServer } from 'node:http';
 * import { taskWebhook } from 'typeorm-model-hooks';
 * const multiply = taskWebhook(({ x, y }) => Number(x) * Number(y));
 * createServer(multiply.node).listen(8080);
 */
export function taskWebhook(fn: ServedFunction, options: TaskWebhookOptions = {}): TaskWebhook {
  checkArgument('fn', fn, FUNCTION);
  return new TaskWebhook(fn, {
    ...TASK_WEBHOOK_DEFAULTS,
    ...checkedOptions(options, WEBHOOK_SHAPE),
  });
}

/** A function that is served as a remote task: what `taskWebhook` returns. Its members need no `this`. */
export class TaskWebhook {
  constructor(
    private readonly fn: ServedFunction,
    private readonly options: Required<TaskWebhookOptions>,
  ) {}

  /** For servers of web standards (Hono, Deno, Bun, Next.js). Never rejects. */
  readonly fetch: FetchHandler = async (request) => {
    if (request.method !== 'GET' && request.method !== 'POST')
      return answered(
        { status: 'failure', reason: 'expected GET or POST' },
        { allow: 'GET, POST' },
      );
    try {
      return answered({ status: 'success', retval: await this.#retval(request, request.method) });
    } catch (error) {
      return answered({ status: 'failure', reason: reasonOf(error) });
    }
  };

  /** For `createServer` of Node.js. Never rejects. */
  readonly node = (request: IncomingMessage, response: ServerResponse): Promise<void> =>
    serveNode(this.fetch, request, response, this.options.maxBodyBytes);

  /** A handler for Express: `app.all('/multiply', webhook.express())`. A body that `express.urlencoded()` has parsed is used. */
  readonly express = (): ExpressHandler => expressHandler(this.fetch, this.options.maxBodyBytes);

  /** A plugin or a handler for Fastify: `app.register(webhook.fastify(), { prefix: '/multiply' })`. */
  readonly fastify = (): FastifyHandler => fastifyHandler(this.fetch, this.options.maxBodyBytes);

  async #retval(request: Request, method: 'GET' | 'POST'): Promise<unknown> {
    const args = await argumentsOf(request, this.options.maxBodyBytes);
    const { headers } = request;
    const attempt = Number(headers.get('task-attempt') ?? Number.NaN);
    const value = await this.fn(args, {
      method,
      headers,
      taskId: headers.get('task-id'),
      attempt: Number.isInteger(attempt) ? attempt : null,
    });
    return retvalOf(value);
  }
}

function answered(content: object, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(content), {
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
  });
}
