/** The extent of a run. */
export interface Form {
  /** Minimum number of committed events. */
  readonly events: number;
  /** Minimum number of workers that are killed while they write. */
  readonly kills: number;
  /** Average time between two kills. */
  readonly killEveryMs: number;
  /** Average time between two transactions of a lane. */
  readonly pauseMs: number;
  /** The run ends after this time with any result. */
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
