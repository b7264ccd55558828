import { beginning } from '../base/beginning';
import { handled } from '../delivery/handler/handled';
import type { HttpClient } from '../delivery/http/http-client';
import type { Reply } from '../delivery/http/reply';
import { retryAfterMs } from '../delivery/reply/judge';
import { type Redact, redactor } from '../delivery/reply/redaction';
import { USER_AGENT } from '../delivery/request/user-agent';
import { ModelHookError } from '../errors/model-hook-error';
import {
  InvalidResponseError,
  RemoteExecuteError,
  RemoteHttpError,
  RemoteTransportError,
  TaskAbandonedError,
} from '../errors/task-errors';
import { type HeaderValues, secretTexts, textOf } from '../options/header-value';
import type { TakenTask } from '../store/tasks';
import type { Vault } from '../vault/vault';
import type { LocalFunctions } from './local-functions';
import { type EndedOutcome, failure, refusedError, type TaskOutcome } from './outcome';
import { answeredRetval, isInProtocol } from './protocol';
import { reasonOf } from './reason';
import { retvalOf } from './retval';
import { openHeaders } from './sealed-headers';

type Answered = Extract<Reply, { readonly kind: 'answered' }>;

/** Bytes of an answer that are read. */
const MAX_REPLY_BYTES = 1_048_576;
/** Characters of a body that an error holds. */
const MAX_BODY_LENGTH = 1_024;
const MAX_REASON_LENGTH = 4_000;

/** Calls remote tasks over HTTP and reads their answers. */
export class RemoteCalls {
  constructor(
    private readonly client: Pick<HttpClient, 'send'>,
    private readonly vault: Pick<Vault, 'open'>,
    private readonly functions: Pick<LocalFunctions, 'find'>,
    private readonly processId: string,
  ) {}

  /** Never rejects. */
  async run(task: TakenTask, signal: AbortSignal): Promise<TaskOutcome> {
    try {
      if (this.#isAbandoned(task)) return failure(new TaskAbandonedError(task.id));
      const headers = openHeaders(this.vault, task.id, task.headers);
      const reply = await this.client.send(requestOf(task, headers, signal));
      if (signal.aborted && reply.kind === 'unanswered') return { kind: 'stopped' };
      return await this.#read(
        task,
        reply,
        signal,
        redactor(() => secretTexts(headers)),
      );
    } catch (error) {
      return failure(asTaskError(error, 'the call failed'));
    }
  }

  /** Whether the functions of the task were those of another process, or of an earlier life of this one. */
  #isAbandoned({ id, maker_id }: TakenTask): boolean {
    return maker_id !== null && (maker_id !== this.processId || !this.functions.find(id));
  }

  async #read(
    task: TakenTask,
    reply: Reply,
    signal: AbortSignal,
    redact: Redact,
  ): Promise<TaskOutcome> {
    if (reply.kind === 'refused') return failure(refusedError(reply.reason));
    if (reply.kind === 'unanswered') return unanswered(task, reply);
    const parse = this.functions.find(task.id);
    if (parse) return this.#parsed(task, reply, parse, signal);
    return discreet(readByProtocol(reply, redact), redact);
  }

  async #parsed(
    task: TakenTask,
    { text, httpStatus, headers = {} }: Answered,
    parse: NonNullable<ReturnType<LocalFunctions['find']>>,
    signal: AbortSignal,
  ): Promise<TaskOutcome> {
    const call = () => parse(text, { status: httpStatus, headers });
    const result = await handled(call, { timeoutMs: task.timeout_ms, signal });
    switch (result.kind) {
      case 'returned':
        return { kind: 'success', value: retvalOf(result.value) };
      case 'threw':
        return failure(asTaskError(result.error, '`parse` failed'));
      case 'timedOut':
        return failure(
          new InvalidResponseError(`\`parse\` did not end within ${task.timeout_ms} ms.`),
        );
      case 'stopped':
        return result;
    }
  }
}

function requestOf(task: TakenTask, headers: HeaderValues, signal: AbortSignal) {
  const own = Object.entries(headers).map(([name, value]) => [
    name.toLowerCase(),
    String(textOf(value)),
  ]);
  return {
    method: task.method === 'POST' ? 'POST' : 'GET',
    url: new URL(task.url ?? ''),
    headers: {
      ...Object.fromEntries(own),
      ...(task.body !== null && {
        'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      }),
      'user-agent': USER_AGENT,
      'task-id': task.id,
      'task-attempt': String(task.attempt),
    },
    body: task.body,
    timeoutMs: task.timeout_ms,
    maxResponseBytes: MAX_REPLY_BYTES,
    keepsHeaders: true,
    signal,
  } as const;
}

/** An answer in the protocol counts whatever the HTTP status is. */
function readByProtocol(reply: Answered, redact: Redact): EndedOutcome {
  const { text, httpStatus, truncated } = reply;
  if (httpStatus >= 300 && (truncated || !isInProtocol(text))) return httpFailure(reply, redact);
  if (truncated)
    return failure(new InvalidResponseError(`it is longer than ${MAX_REPLY_BYTES} bytes.`));
  try {
    return { kind: 'success', value: answeredRetval(text) };
  } catch (error) {
    return failure(asTaskError(error, 'it cannot be read'));
  }
}

function httpFailure(
  { text, truncated, httpStatus, retryAfter, date }: Answered,
  redact: Redact,
): EndedOutcome {
  const body = beginning(redact(text, truncated), MAX_BODY_LENGTH);
  const error = new RemoteHttpError(httpStatus, body);
  if (httpStatus < 500) return failure(error);
  // A date is compared with the time that the same answer states.
  const answeredAt = Date.parse(date ?? '') || Date.now();
  const afterMs = retryAfter === null ? null : retryAfterMs(retryAfter, answeredAt);
  return failure(error, { isTransient: true, afterMs: afterMs ?? 0 });
}

/** A server may repeat the headers of the request in its reason. */
function discreet(outcome: EndedOutcome, redact: Redact): EndedOutcome {
  if (outcome.kind === 'success' || !(outcome.error instanceof RemoteExecuteError)) return outcome;
  const { reason } = outcome.error;
  if (reason === null) return outcome;
  return failure(new RemoteExecuteError(beginning(redact(reason), MAX_REASON_LENGTH)));
}

function unanswered(
  { url }: TakenTask,
  { reason, timedOut }: Extract<Reply, { readonly kind: 'unanswered' }>,
): EndedOutcome {
  const text = `No answer from ${new URL(url ?? '').origin}: ${reason}.`;
  return failure(new RemoteTransportError(text, timedOut === true), { isTransient: true });
}

/** What was thrown as an error of this package. */
function asTaskError(error: unknown, what: string): ModelHookError {
  if (error instanceof ModelHookError) return error;
  return new InvalidResponseError(`${what}: ${reasonOf(error)}`, { cause: error });
}
