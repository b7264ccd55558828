/** What came back of a request, or why nothing did. */
export type Reply =
  | {
      readonly kind: 'answered';
      readonly httpStatus: number;
      readonly retryAfter: string | null;
      readonly text: string;
      /** More came than was read. */
      readonly truncated: boolean;
    }
  | { readonly kind: 'unanswered'; readonly reason: string; readonly timedOut?: true }
  | { readonly kind: 'refused'; readonly reason: string };
