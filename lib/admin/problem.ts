import type { z } from 'zod';
import { DeliveryNotFoundError, EventNotFoundError } from '../errors/delivery-errors';
import {
  BackfillRefusedError,
  FieldNotProvidedError,
  ListenerExistsError,
  ListenerInvalidError,
  ListenerNotFoundError,
  OperandInvalidError,
} from '../errors/listener-errors';
import { ModelHookError } from '../errors/model-hook-error';
import { OptionInvalidError } from '../errors/option-errors';

/** One thing that is wrong with a request. */
export interface Fault {
  /** Where it is in the body or the query: `match.name`. */
  readonly path: string;
  readonly detail: string;
}

export interface ProblemFacts {
  readonly code?: string;
  readonly faults?: readonly Fault[];
  /** Further members of the answer. */
  readonly extra?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request that is answered with an error. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    detail: string,
    readonly facts: ProblemFacts = {},
  ) {
    super(detail);
  }
}

export function notFound(what: string): Problem {
  return new Problem(404, `There is no such ${what}.`);
}

export function tooManyRequests(waitSeconds: number): Problem {
  return new Problem(429, `Too many requests. Try again in ${waitSeconds} seconds.`, {
    headers: { 'retry-after': String(waitSeconds) },
  });
}

/** What a schema refused. */
export function schemaProblem(status: number, { issues }: z.ZodError): Problem {
  const faults = issues.flatMap(faultsOf);
  return new Problem(status, faults.map(({ path, detail }) => `${path}: ${detail}`).join(' · '), {
    faults,
  });
}

function faultsOf(issue: z.core.$ZodIssue): readonly Fault[] {
  const path = issue.path.map(String).join('.');
  if (issue.code !== 'unrecognized_keys') return [{ path, detail: issue.message }];
  return issue.keys.slice(0, MAX_KEYS).map((key) => ({
    path: path === '' ? key : `${path}.${key}`,
    detail: 'This member does not exist, or cannot be set.',
  }));
}

/** Unknown members of a body that an answer names. */
const MAX_KEYS = 20;

/** The answer to an error of the library; null for one that is not the request's fault. */
export function problemOf(error: unknown): Problem | null {
  if (error instanceof Problem) return error;
  if (!(error instanceof ModelHookError)) return null;
  const { code, message } = error;
  if (error instanceof ListenerExistsError)
    return new Problem(409, message, { code, extra: { id: error.listener } });
  if (MISSING.some((kind) => error instanceof kind)) return new Problem(404, message, { code });
  if (error instanceof BackfillRefusedError) return new Problem(409, message, { code });
  if (!REFUSALS.has(code)) return null;
  return new Problem(422, message, { code, faults: faultsIn(error) });
}

const MISSING = [ListenerNotFoundError, DeliveryNotFoundError, EventNotFoundError] as const;

/** What the request can be blamed for. */
const REFUSALS: ReadonlySet<string> = new Set([
  'LISTENER_INVALID',
  'RECIPIENT_REFUSED',
  'DIGEST_UNSUPPORTED',
  'FILTER_FIELD_NOT_PROVIDED',
  'FILTER_OPERAND_INVALID',
  'FILTER_REGEX_UNSUPPORTED',
  'HOOK_UNKNOWN_OPERATION',
  'HOOK_HAS_NO_SENDER',
  'HOOK_NOT_FOUND',
  'OPTION_INVALID',
]);

function faultsIn(error: ModelHookError): readonly Fault[] {
  const detail = error.message;
  if (error instanceof ListenerInvalidError)
    return Object.entries(error.fields).map(([path, why]) => ({ path, detail: why.join('; ') }));
  if (error instanceof FieldNotProvidedError || error instanceof OperandInvalidError)
    return [{ path: `match.${error.field}`, detail }];
  if (error instanceof OptionInvalidError) return [{ path: error.option, detail }];
  const path = PLACES[error.code];
  return path === undefined ? [] : [{ path, detail }];
}

const PLACES: Readonly<Record<string, string>> = {
  RECIPIENT_REFUSED: 'url',
  DIGEST_UNSUPPORTED: 'digest',
  FILTER_REGEX_UNSUPPORTED: 'match',
  HOOK_UNKNOWN_OPERATION: 'operations',
  HOOK_HAS_NO_SENDER: 'owner',
  HOOK_NOT_FOUND: 'hook',
};

/**
 * An error as RFC 9457 writes it. `errors` has the place of each fault, as a path and as a JSON pointer.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export function problemResponse({ status, message, facts }: Problem): Response {
  const { code, faults = [], extra, headers } = facts;
  const errors = faults.map(({ path, detail }) => ({ path, pointer: pointerOf(path), detail }));
  const body = {
    type: 'about:blank',
    title: TITLES[status] ?? 'Error',
    status,
    detail: message,
    ...(code !== undefined && { code }),
    ...(errors.length > 0 && { errors }),
    ...extra,
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: { ...headers, 'content-type': 'application/problem+json' },
  });
}

function pointerOf(path: string): string {
  const steps = path === '' ? [] : path.split('.');
  return ['#', ...steps.map((step) => step.replaceAll('~', '~0').replaceAll('/', '~1'))].join('/');
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  428: 'Precondition Required',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
};
