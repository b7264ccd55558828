import type { IncomingMessage } from 'node:http';
import { oneLine } from '../base/one-line';
import { VerificationError } from '../errors/receiver-errors';
import { bodyByType } from '../receiver/body-by-type';
import { verify } from '../receiver/verify';

/** A request as it is printed. */
export interface Received {
  readonly at: string;
  readonly method: string;
  /** Without the query, which may hold a secret. */
  readonly path: string;
  readonly verified: boolean;
  /** Why it is not verified. */
  readonly reason: string | null;
  /** Those that this package sets, without the signatures. */
  readonly headers: Readonly<Record<string, string>>;
  /** What JSON it is, or its text. Null if it is too large. */
  readonly body: unknown;
}

interface Answered {
  readonly status: number;
  readonly shown: Received;
}

const MAX_BODY_BYTES = 10_000_000;

const STATUS = { verified: 204, refused: 401, tooLarge: 413 } as const;

/** Reads and verifies a request. */
export async function received(request: IncomingMessage, secret: string): Promise<Answered> {
  const { method = '', url = '' } = request;
  const raw = await bodyOf(request);
  const reason = raw === null ? 'body-too-large' : problemOf(request, raw, secret);
  const shown = {
    at: new Date().toISOString(),
    method,
    path: url.split('?')[0] ?? '',
    verified: reason === null,
    reason,
    headers: shownHeaders(request),
    body: raw && bodyByType(raw),
  };
  if (raw === null) return { status: STATUS.tooLarge, shown };
  return { status: reason === null ? STATUS.verified : STATUS.refused, shown };
}

/** Null if it is too large. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size <= MAX_BODY_BYTES) parts.push(part);
  }
  return size <= MAX_BODY_BYTES ? Buffer.concat(parts) : null;
}

function problemOf({ headers }: IncomingMessage, raw: Buffer, secret: string): string | null {
  try {
    verify(headers, raw, secret);
    return null;
  } catch (error) {
    if (error instanceof VerificationError) return error.reason;
    throw error;
  }
}

const SHOWN = /^(hook-(?!.*(signature|hmac)).*|webhook-(id|timestamp)|content-type)$/;

function shownHeaders({ headers }: IncomingMessage): Readonly<Record<string, string>> {
  const entries = Object.entries(headers).filter(([name]) => SHOWN.test(name));
  return Object.fromEntries(entries.map(([name, value]) => [name, oneLine(String(value))]));
}
