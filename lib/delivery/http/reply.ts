/** What a request led to. */
export type Reply =
  | {
      readonly kind: 'answered';
      readonly httpStatus: number;
      readonly retryAfter: string | null;
      /** The header `Date`. */
      readonly date?: string | null;
      /** The header `Content-Type`. */
      readonly contentType?: string | null;
      readonly text: string;
      /** The body was longer than what was read of it. */
      readonly truncated: boolean;
      /** All headers, if the request asks for them. */
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** No complete reply came. */
  | ({ readonly kind: 'unanswered'; readonly timedOut?: true } & Reasoned)
  /** The recipient policy forbids the recipient. */
  | ({ readonly kind: 'refused' } & Reasoned);

interface Reasoned {
  /** For the owner of the listener: it names no address that a name resolved to. */
  readonly reason: string;
  /** What operators may know in addition. */
  readonly detail?: string;
}
