import { type Dispatcher, errors } from 'undici';
import type { Connection, ConnectionUser, Starts } from './connection';
import type { ConnectionOwner } from './connector';
import { type ReplyMemory, SHORT_REPLY_BYTES } from './reply-memory';
import { replyText } from './reply-text';
import { Trouble } from './trouble';

/** The part of a reply that was read. */
export interface Answer {
  readonly httpStatus: number;
  readonly retryAfter: string | null;
  readonly date: string | null;
  readonly contentType: string | null;
  readonly text: string;
  /** The body was longer than what was read of it, or broken. */
  readonly truncated: boolean;
  /** All headers of the reply, if the request asks for them. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ExchangeParts {
  readonly maxResponseBytes: number;
  readonly starts: Starts;
  readonly memory: ReplyMemory;
  readonly keepsHeaders?: boolean;
}

type ReplyHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** One request and its reply. `request` of undici would create a stream and a signal listener for each request, which costs more. */
export class Exchange implements Dispatcher.DispatchHandler, ConnectionOwner, ConnectionUser {
  /** Rejects with the reason why the exchange was broken off. */
  readonly answer: Promise<Answer>;
  abandon: ConnectionOwner['abandon'];
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #httpStatus = 0;
  #headers: ReplyHeaders = {};
  #controller: Dispatcher.DispatchController | undefined;
  #connection: Connection | undefined;
  #broken: Error | undefined;
  #isWaitingForMemory = false;
  #releaseMemory: () => void = () => undefined;
  #resolve: (answer: Answer) => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;

  constructor(private readonly parts: ExchangeParts) {
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Whether a connection that had served requests before ended without a byte of a reply: the server had closed it meanwhile. */
  get isUnanswered(): boolean {
    return this.#broken === undefined && this.#connection?.isUnanswered === true;
  }

  /** Ends the exchange at once, also while the connection is being opened. */
  breakOff(reason: Error): void {
    // That the body was not read is not the recipient's fault.
    if (this.#isWaitingForMemory) this.#end(true);
    this.#broken = reason;
    this.abandon?.(reason);
    this.#controller?.abort(reason);
    this.#fail(reason);
  }

  begin(connection: Connection): void {
    this.#connection = connection;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#broken) controller.abort(this.#broken);
    else this.parts.starts.add(this);
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    httpStatus: number,
    headers: ReplyHeaders,
  ): void {
    // Status 101 would switch to another protocol, and undici's parser fails on a status below 100.
    if (httpStatus < 200) {
      controller.abort(new Trouble(`HTTP ${httpStatus} is no answer`));
      return;
    }
    this.#httpStatus = httpStatus;
    this.#headers = headers;
    if (this.#expectedBytes > SHORT_REPLY_BYTES) this.#waitForMemory(controller);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const { maxResponseBytes } = this.parts;
    if (this.#size > maxResponseBytes) return;
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size <= maxResponseBytes) return;
    this.#end(true);
    // Closes the connection, because the rest of the body may be endless.
    controller.abort(new Error('more came than is read'));
  }

  onResponseEnd(): void {
    this.#end(false);
  }

  /** Once the status is known, the recipient has answered, whatever happens to the body. */
  onResponseError(_controller: unknown, error: Error): void {
    if (this.#httpStatus === 0 || this.#broken) this.#fail(error);
    // The body is complete and has another length than a header says, maybe because it says it twice.
    else this.#end(!(error instanceof errors.ResponseContentLengthMismatchError));
  }

  /** Bytes of the body, as far as it is read. */
  get #expectedBytes(): number {
    const length = Number(this.#header('content-length') ?? Number.NaN);
    const { maxResponseBytes } = this.parts;
    return length >= 0 ? Math.min(length, maxResponseBytes) : maxResponseBytes;
  }

  #waitForMemory(controller: Dispatcher.DispatchController): void {
    this.#isWaitingForMemory = true;
    this.#releaseMemory = this.parts.memory.reserve(this.#expectedBytes, () => {
      this.#isWaitingForMemory = false;
      // Not at once: this may be called while undici parses another reply.
      setImmediate(() => controller.resume());
    });
    if (this.#isWaitingForMemory) controller.pause();
  }

  #fail(error: Error): void {
    this.#releaseMemory();
    this.#reject(error);
  }

  #end(isCut: boolean): void {
    const bytes = Buffer.concat(this.#chunks).subarray(0, this.parts.maxResponseBytes);
    this.#chunks.splice(0);
    this.#releaseMemory();
    this.#resolve({
      httpStatus: this.#httpStatus,
      retryAfter: this.#header('retry-after'),
      date: this.#header('date'),
      contentType: this.#header('content-type'),
      text: replyText(bytes, this.#header('content-type'), isCut),
      truncated: isCut,
      ...(this.parts.keepsHeaders && { headers: joined(this.#headers) }),
    });
  }

  #header(name: string): string | null {
    const value = this.#headers[name];
    return (Array.isArray(value) ? value[0] : value) ?? null;
  }
}

/** Several values of one name are joined, as HTTP allows. */
function joined(headers: ReplyHeaders): Readonly<Record<string, string>> {
  const entries = Object.entries(headers).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [name, [value].flat().join(', ')]));
}
