import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { VerificationError } from '../errors/receiver-errors';
import { bodyByType } from '../receiver/body-by-type';
import type { Verified } from '../receiver/verified';

/** A request that a test receiver got. */
export interface ReceivedRequest {
  readonly method: string;
  /** The path with the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The body as it was received. */
  readonly rawBody: Buffer;
  /** Parsed JSON, a form as an object, or the text. */
  readonly body: unknown;
  /** What `verify` returned. Null if the request was refused. */
  readonly verified: Verified | null;
  /** Why it was refused. Null if it was not. */
  readonly refusal: VerificationError | null;
}

/** Verifies a request. Throws a `VerificationError`. */
export type Verify = (headers: IncomingHttpHeaders, rawBody: Buffer) => Verified;

/** Reads and verifies a request. */
export async function receivedRequest(
  incoming: IncomingMessage,
  check: Verify,
): Promise<ReceivedRequest> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part);
  const rawBody = Buffer.concat(parts);
  const { method = '', url = '', headers } = incoming;
  const found = verdict(() => check(headers, rawBody));
  const body = bodyByType(rawBody, headers['content-type'], found.verified?.body);
  return { method, path: url, headers, rawBody, body, ...found };
}

function verdict(check: () => Verified): Pick<ReceivedRequest, 'verified' | 'refusal'> {
  try {
    return { verified: check(), refusal: null };
  } catch (error) {
    if (error instanceof VerificationError) return { verified: null, refusal: error };
    throw error;
  }
}
