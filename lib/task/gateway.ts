import type { IncomingMessage, ServerResponse } from 'node:http';
import { validate as isUuid } from 'uuid';
import type { JsonValue } from '../base/json';
import { type FetchHandler, serveNode } from '../base/web-requests';
import { loggable } from '../logging/loggable';
import type { Logger } from '../logging/logger';
import { checkedOptions } from '../options/checked';
import { BASE_PATH, FUNCTION, required, type Shape, wholeNumberFrom } from '../options/rules';
import type { Store } from '../store/store';
import { FUNCTION_LANE, type TaskStateRow } from '../store/tasks';
import type { TaskCalling } from './calling';
import type { Definitions } from './definitions';
import { outcomeOf } from './outcome';
import { argumentsOf, UnreadableRequest } from './request-args';
import { checkedTexts } from './texts';

/** Options of the gateway. */
export interface GatewayOptions {
  /** Whether a request may use the gateway. A falsy result is answered with 401, an error with 500. */
  readonly authenticate: (request: Request) => unknown;
  /** The path under which the gateway is mounted. @defaultValue `'/'` */
  readonly basePath?: string;
  /** The longest body of a request, in bytes. @defaultValue `1048576` */
  readonly maxBodyBytes?: number;
}

export const GATEWAY_DEFAULTS = { basePath: '/', maxBodyBytes: 1_048_576 } as const satisfies Omit<
  Required<GatewayOptions>,
  'authenticate'
>;

const GATEWAY_SHAPE: Shape<GatewayOptions> = {
  authenticate: required(FUNCTION),
  basePath: BASE_PATH,
  maxBodyBytes: wholeNumberFrom(0),
};

export interface GatewayParts {
  readonly store: Pick<Store, 'tasks'>;
  readonly calling: Pick<TaskCalling, 'local'>;
  readonly definitions: Pick<Definitions, 'find' | 'names'>;
  readonly logger: Pick<Logger, 'error'>;
  /** The names of the schedules. */
  readonly schedules: () => Promise<readonly string[]>;
}

/** The gateway of task functions: what `hooks.tasks.gateway` returns. Its members need no `this`. */
export class Gateway {
  readonly #options: Required<GatewayOptions>;

  constructor(
    private readonly parts: GatewayParts,
    given: GatewayOptions,
  ) {
    this.#options = { ...GATEWAY_DEFAULTS, ...checkedOptions(given, GATEWAY_SHAPE) };
  }

  /** For servers of web standards. Never rejects. */
  readonly fetch: FetchHandler = async (request) => {
    try {
      // Checking a signature reads the body.
      const unread = request.body ? request.clone() : request;
      if (!(await this.#options.authenticate(request))) return answered(401);
      return await this.#routed(unread);
    } catch (error) {
      if (error instanceof UnreadableRequest)
        return answered(error.httpStatus, { error: error.message });
      this.parts.logger.error('A request of the task gateway failed.', { error: loggable(error) });
      return answered(500);
    }
  };

  /** For `createServer` of Node.js and for Express. Never rejects. */
  readonly node = (request: IncomingMessage, response: ServerResponse): Promise<void> =>
    serveNode(this.fetch, request, response, this.#options.maxBodyBytes);

  async #routed(request: Request): Promise<Response> {
    const path = this.#pathOf(request);
    const { method } = request;
    const [, task] = /^apply\/(.+)$/.exec(path) ?? [];
    if (task !== undefined)
      return isOneOf(method, 'GET', 'POST') ? this.#apply(task, request) : wrongMethod('GET, POST');
    const [, id, what] = /^([^/]+)\/(status|done)$/.exec(path) ?? [];
    if (id === undefined && path !== 'tasks') return answered(404, { error: 'no such route' });
    if (!isOneOf(method, 'GET', 'HEAD')) return wrongMethod('GET, HEAD');
    if (id === undefined) return answered(200, await this.#tasks());
    return this.#state(id, what === 'done' ? doneOf : statusOf);
  }

  /** The path behind `basePath`, decoded, without slashes at its ends. A path elsewhere is empty. */
  #pathOf({ url }: Request): string {
    const base = this.#options.basePath.replace(/\/+$/, '');
    const { pathname } = new URL(url);
    if (!pathname.startsWith(`${base}/`)) return '';
    try {
      return decodeURIComponent(pathname.slice(base.length).replace(/^\/|\/$/g, ''));
    } catch {
      return '';
    }
  }

  async #apply(name: string, request: Request): Promise<Response> {
    const definition = this.parts.definitions.find(name);
    if (!definition) return answered(404, { error: 'no such task' });
    const args = await argumentsOf(request, this.#options.maxBodyBytes);
    const { id } = await this.parts.calling.local(definition, checkedTexts(args), undefined);
    return answered(200, { ok: true, task_id: id });
  }

  /** The gateway shows calls of task functions only, not calls of remote tasks. */
  async #state(id: string, shown: (row: TaskStateRow) => JsonValue): Promise<Response> {
    const [row] = isUuid(id) ? await this.parts.store.tasks.states([id]) : [];
    if (!row?.lane.startsWith(FUNCTION_LANE)) return answered(404, { error: 'no such task' });
    return answered(200, { task: shown(row) });
  }

  async #tasks(): Promise<JsonValue> {
    const { definitions, schedules } = this.parts;
    return { regular: definitions.names, periodic: [...(await schedules())].sort() };
  }
}

function statusOf(row: TaskStateRow): JsonValue {
  const { id, status } = row;
  const outcome = outcomeOf(id, row);
  switch (outcome?.kind) {
    case 'success':
      return { id, status, result: outcome.value };
    case 'failure':
      return { id, status, result: outcome.error.message };
    case undefined:
      return { id, status, result: null };
  }
}

/** `executed`: whether the task has succeeded. */
function doneOf({ id, status }: TaskStateRow): JsonValue {
  return { id, executed: status === 'success' };
}

function isOneOf(method: string, ...methods: readonly string[]): boolean {
  return methods.includes(method);
}

function wrongMethod(allow: string): Response {
  return answered(405, { error: `expected ${allow}` }, { allow });
}

function answered(
  status: number,
  content?: JsonValue,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const body = content === undefined ? null : JSON.stringify(content);
  const type = content === undefined ? {} : { 'content-type': 'application/json' };
  return new Response(body, {
    status,
    headers: { 'cache-control': 'no-store', ...type, ...headers },
  });
}
