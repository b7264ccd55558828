import type { Dispatcher } from 'undici';
import type { ConnectionOwner } from './connector';

/** A reply, as far as it was read. */
export interface Answer {
  readonly httpStatus: number;
  readonly retryAfter: string | null;
  readonly text: string;
  /** More came than was read. */
  readonly truncated: boolean;
}

/** Replies before the reply (1xx) that are listened to: one endpoint may send them without end. */
const MAX_INFORMATIONAL = 32;

/** One request and its reply, read as it comes: undici's `request` makes a stream and listens to a signal for each, which costs more. */
export class Exchange implements Dispatcher.DispatchHandler, ConnectionOwner {
  /** Rejects with what broke it off. */
  readonly answer: Promise<Answer>;
  abandon: ConnectionOwner['abandon'];
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #httpStatus = 0;
  #informational = 0;
  #retryAfter: string | null = null;
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

  /** Ends it at once, even where there is no connection yet. */
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
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    if (httpStatus < 200) {
      this.#beforeReply(controller, httpStatus);
      return;
    }
    const value = headers['retry-after'];
    this.#httpStatus = httpStatus;
    this.#retryAfter = (Array.isArray(value) ? value[0] : value) ?? null;
  }

  /** Neither of them is an answer: of another protocol we speak nothing, and what is below 100 undici's parser stumbles over. */
  #beforeReply(controller: Dispatcher.DispatchController, httpStatus: number): void {
    this.#informational += 1;
    if (httpStatus < 100 || httpStatus === 101)
      controller.abort(new Error(`HTTP ${httpStatus} is no answer`));
    else if (this.#informational > MAX_INFORMATIONAL)
      controller.abort(new Error(`more than ${MAX_INFORMATIONAL} informational replies came`));
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#size > this.maxResponseBytes) return;
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size <= this.maxResponseBytes) return;
    this.#end();
    // Ends the connection: the rest may be endless.
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
      retryAfter: this.#retryAfter,
      text: Buffer.concat(this.#chunks).toString('utf8', 0, this.maxResponseBytes),
      truncated: this.#size > this.maxResponseBytes,
    });
  }
}
