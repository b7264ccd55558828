import type { Dispatcher } from 'undici';
import type { ConnectionOwner } from './connector';
import { Trouble } from './trouble';

/** The part of a reply that was read. */
export interface Answer {
  readonly httpStatus: number;
  readonly retryAfter: string | null;
  readonly date: string | null;
  readonly text: string;
  /** The body was longer than what was read of it. */
  readonly truncated: boolean;
}

/** Informational replies (1xx) that are accepted for one request, because an endpoint may send them without end. */
const MAX_INFORMATIONAL = 32;

type ReplyHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** One request and its reply. `request` of undici would create a stream and a signal listener for each request, which costs more. */
export class Exchange implements Dispatcher.DispatchHandler, ConnectionOwner {
  /** Rejects with the reason why the exchange was broken off. */
  readonly answer: Promise<Answer>;
  abandon: ConnectionOwner['abandon'];
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #httpStatus = 0;
  #informational = 0;
  #headers: ReplyHeaders = {};
  #controller: Dispatcher.DispatchController | undefined;
  #broken: Error | undefined;
  #resolve: (answer: Answer) => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;

  constructor(private readonly maxResponseBytes: number) {
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Ends the exchange at once, also while the connection is being opened. */
  breakOff(reason: Error): void {
    this.#broken = reason;
    this.abandon?.(reason);
    this.#controller?.abort(reason);
    this.#reject(reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#broken) controller.abort(this.#broken);
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    httpStatus: number,
    headers: ReplyHeaders,
  ): void {
    if (httpStatus < 200) {
      this.#beforeReply(controller, httpStatus);
      return;
    }
    this.#httpStatus = httpStatus;
    this.#headers = headers;
  }

  /** Status 101 would switch to another protocol, and undici's parser fails on a status below 100. */
  #beforeReply(controller: Dispatcher.DispatchController, httpStatus: number): void {
    this.#informational += 1;
    if (httpStatus < 100 || httpStatus === 101)
      controller.abort(new Trouble(`HTTP ${httpStatus} is no answer`));
    else if (this.#informational > MAX_INFORMATIONAL)
      controller.abort(new Trouble(`more than ${MAX_INFORMATIONAL} informational replies came`));
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#size > this.maxResponseBytes) return;
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size <= this.maxResponseBytes) return;
    this.#end();
    // Closes the connection, because the rest of the body may be endless.
    controller.abort(new Error('more came than is read'));
  }

  onResponseEnd(): void {
    this.#end();
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#reject(error);
  }

  #end(): void {
    this.#resolve({
      httpStatus: this.#httpStatus,
      retryAfter: this.#header('retry-after'),
      date: this.#header('date'),
      text: Buffer.concat(this.#chunks).toString('utf8', 0, this.maxResponseBytes),
      truncated: this.#size > this.maxResponseBytes,
    });
  }

  #header(name: string): string | null {
    const value = this.#headers[name];
    return (Array.isArray(value) ? value[0] : value) ?? null;
  }
}
