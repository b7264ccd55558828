/** What a request led to. */
export type Reply =
  | {
      readonly kind: 'answered';
      readonly httpStatus: number;
      readonly retryAfter: string | null;
      readonly text: string;
      /** The body was longer than what was read of it. */
      readonly truncated: boolean;
    }
  /** No complete reply came. */
  | { readonly kind: 'unanswered'; readonly reason: string; readonly timedOut?: true }
  /** The recipient policy forbids the recipient. */
  | { readonly kind: 'refused'; readonly reason: string };
