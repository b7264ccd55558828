import type { OutgoingHttpHeaders } from 'node:http';
import type { Receiver, Respond } from './receiver';

export interface Answer {
  readonly status?: number;
  readonly headers?: OutgoingHttpHeaders;
  /** A text is sent as it is, every other value as JSON. */
  readonly body?: unknown;
}

/** Answers the first request with the first answer and so on. The last answer is for all later requests. */
export function answering(...answers: readonly Answer[]): Respond {
  return (_request, response, nth) => {
    const { status = 200, headers = {}, body = '' } = answers[nth - 1] ?? answers.at(-1) ?? {};
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

export function answeringAfter(ms: number): Respond {
  return (_request, response) => {
    setTimeout(() => response.end(), ms).unref();
  };
}

/** The values of one header, request by request. */
export function headers({ received }: Receiver, name: string): string[] {
  return received.map((request) => String(request.headers[name]));
}
