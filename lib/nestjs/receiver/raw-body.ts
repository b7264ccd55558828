import type { IncomingMessage } from 'node:http';
import { PayloadTooLargeException } from '@nestjs/common';
import { RawBodyMissingError } from '../../errors/nest-errors';

/** A request of Express or of Fastify. */
export interface FrameworkRequest {
  readonly headers: IncomingMessage['headers'];
  /** Set by Nest with the option `rawBody`. */
  rawBody?: Buffer;
  body?: unknown;
  /** Fastify has the request of Node.js beside its own. */
  readonly raw?: IncomingMessage;
}

/** The longest body that is read here, in bytes. Bodies that Nest has read were limited by its parsers. */
const MAX_BYTES = 1_048_576;

/**
 * The bytes of a body: as Nest kept them, or read here if no parser took them, as of a content type that it does not know. Rejects with
 * `RAW_BODY_MISSING` if they were parsed and not kept.
 */
export async function rawBodyOf(request: FrameworkRequest): Promise<Buffer> {
  if (request.rawBody) return request.rawBody;
  const incoming = request.raw ?? (request as unknown as IncomingMessage);
  if (!hasBody(incoming)) return Buffer.alloc(0);
  if (incoming.readableDidRead) throw new RawBodyMissingError();
  request.rawBody = await bytesOf(incoming);
  return request.rawBody;
}

function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

async function bytesOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_BYTES) throw new PayloadTooLargeException();
  }
  return Buffer.concat(chunks);
}
