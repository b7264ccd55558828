/** A request whose arguments cannot be read. The message may be sent to the caller. */
export class UnreadableRequest extends Error {
  constructor(
    message: string,
    readonly httpStatus: 400 | 413 | 415 = 400,
  ) {
    super(message);
  }
}

const FORM = 'application/x-www-form-urlencoded';

/** The arguments of a request as texts: the form of a POST, otherwise the query. Of several values of one name, the last counts. */
export async function argumentsOf(
  request: Request,
  maxBodyBytes: number,
): Promise<Readonly<Record<string, string>>> {
  const text = request.method === 'POST' ? await formOf(request, maxBodyBytes) : null;
  return Object.fromEntries(new URLSearchParams(text ?? new URL(request.url).search));
}

async function formOf(request: Request, maxBodyBytes: number): Promise<string> {
  const bytes = await bodyOf(request, maxBodyBytes);
  const [type = ''] = (request.headers.get('content-type') ?? FORM).split(';');
  if (bytes.length > 0 && type.trim().toLowerCase() !== FORM)
    throw new UnreadableRequest(`The body must be ${FORM}.`, 415);
  return bytes.toString('utf8');
}

async function bodyOf({ body }: Request, maxBodyBytes: number): Promise<Buffer> {
  if (!body) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxBodyBytes)
      throw new UnreadableRequest(`The body is longer than ${maxBodyBytes} bytes.`, 413);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
