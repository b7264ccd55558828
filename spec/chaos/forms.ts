/** How much chaos there is to be. */
export interface Form {
  /** Committed, at least. */
  readonly events: number;
  /** Workers that are killed while they write, at least. */
  readonly kills: number;
  /** Between two kills, on average. */
  readonly killEveryMs: number;
  /** Between two transactions of one that writes, on average. */
  readonly pauseMs: number;
  /** It is over by then, whatever has come of it. */
  readonly deadlineMs: number;
}

export const LONG: Form = {
  events: 10_000,
  kills: 20,
  killEveryMs: 2_500,
  pauseMs: 20,
  deadlineMs: 600_000,
};

export const SHORT: Form = {
  events: 500,
  kills: 5,
  killEveryMs: 1_500,
  pauseMs: 80,
  deadlineMs: 120_000,
};
