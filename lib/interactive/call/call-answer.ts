import { isPlainObject, isWithin, type JsonValue, MAX_LEVELS } from '../../base/json';
import { deepFreeze } from '../../capture/plain-row';
import { type Handled, thrownText } from '../../delivery/handler/handled';
import type { InteractiveResponse } from '../../delivery/handler/interactive-response';
import type { Reply } from '../../delivery/http/reply';
import { readAnswer } from '../answer';

/** How the caller is answered, and what is logged of it. */
export interface CallAnswer {
  readonly answer: InteractiveResponse;
  /** Why it failed; null if it did not. */
  readonly reason: string | null;
  /** What was replied, as text. */
  readonly text: string;
  /** For operators. */
  readonly detail?: string;
}

/** The HTTP status of an answer that nobody gave. */
const UNANSWERED_HTTP_STATUS = 400;
/** The HTTP status if this process cannot ask the listener, and another one may. */
export const UNABLE_HTTP_STATUS = 503;

/** The failure of a call that has no answer. */
export function unanswered(
  reason: string,
  { httpStatus = UNANSWERED_HTTP_STATUS, text = '' } = {},
): CallAnswer {
  const answer = { status: 'fail', httpStatus, headers: null, body: null } as const;
  return { answer, reason, text };
}

/** The answer of a handler. */
export function answerOfHandled(handled: Handled): CallAnswer {
  switch (handled.kind) {
    case 'returned':
      return answerOfValue(handled.value);
    case 'threw':
      return unanswered(thrownText(handled.error));
    case 'timedOut':
      return unanswered(`the handler did not end within ${handled.timeoutMs} ms`);
    case 'stopped':
      return unanswered('the process stopped before the handler had ended');
  }
}

function answerOfValue(value: unknown): CallAnswer {
  const answer = readAnswer(value);
  if (!answer) return unanswered(NO_ANSWER);
  const { body } = answer;
  const text = typeof body === 'string' ? body : body === null ? '' : JSON.stringify(body);
  return { answer, reason: reasonOf(answer), text };
}

const NO_ANSWER =
  'the handler returned no answer; return InteractiveResponse.done() or fail(), or an object with `status`';

/** The answer of a URL: the one that the reply describes, or else the reply itself. */
export function answerOfReply(reply: Reply): CallAnswer {
  if (reply.kind !== 'answered') {
    const { reason, detail } = reply;
    return { ...unanswered(reason), ...(detail !== undefined && { detail }) };
  }
  const { httpStatus, text, truncated } = reply;
  if (truncated) return unanswered('the reply is too long, or was cut', { text });
  const json = parsed(text);
  const answer =
    (isAnswer(json) && readAnswer(withoutCookies(json), httpStatus)) || passedOn(reply, json);
  const isOwn = answer.output === undefined && answer.httpStatus === httpStatus;
  const reason = isOwn && answer.status === 'fail' ? `HTTP ${httpStatus}` : reasonOf(answer);
  return { answer, reason, text };
}

function reasonOf({ status, output }: InteractiveResponse): string | null {
  if (status === 'success') return null;
  if (output === undefined) return 'the answer was `fail`';
  return typeof output === 'string' ? output : JSON.stringify(output);
}

/** Undefined if the text is no JSON, or is nested too deep. */
function parsed(text: string): JsonValue | undefined {
  try {
    const value: JsonValue = JSON.parse(text);
    return isWithin(value, MAX_LEVELS) ? value : undefined;
  } catch {
    return undefined;
  }
}

const FIELDS: ReadonlySet<string> = new Set([
  'status',
  'httpStatus',
  'http_status',
  'headers',
  'body',
  'output',
]);

/** A reply with other members is one of an API that has a `status` of its own. */
function isAnswer(value: unknown): value is Record<string, unknown> {
  if (!isPlainObject(value) || !Object.keys(value).every((key) => FIELDS.has(key))) return false;
  return value.status === 'success' || value.status === 'fail';
}

/** A listener that belongs to somebody else must not set cookies for the site of the caller. */
function withoutCookies(answer: Record<string, unknown>): Record<string, unknown> {
  const { headers } = answer;
  if (!isPlainObject(headers)) return answer;
  const kept = Object.entries(headers).filter(([name]) => !/^set-cookie2?$/i.test(name));
  return { ...answer, headers: Object.fromEntries(kept) };
}

function passedOn(
  { httpStatus, contentType = null, text }: Extract<Reply, { kind: 'answered' }>,
  json: JsonValue | undefined,
): InteractiveResponse {
  const isJson = contentType === null ? typeof json === 'object' : /[/+]json\b/i.test(contentType);
  const read = readAnswer({
    status: httpStatus >= 200 && httpStatus < 300 ? 'success' : 'fail',
    httpStatus,
    headers: contentType === null ? null : { 'content-type': inUtf8(contentType) },
    body: isJson && json !== undefined ? json : text === '' ? null : text,
  });
  return deepFreeze(read as InteractiveResponse);
}

/** The text was decoded, and will be encoded anew. */
function inUtf8(contentType: string): string {
  return contentType.replace(/(;\s*charset\s*=\s*)("[^"]*"|'[^']*'|[^\s;]+)/i, '$1utf-8');
}
