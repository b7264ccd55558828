/** Sets the clock of this process ahead, or back. Like the machine's, it changes `Date` and no timer. */
export function setClockAhead(aheadMs: number): void {
  const Original = Date;
  globalThis.Date = class extends Original {
    // A constructor of any arguments, as that of `Date`.
    constructor(...values: []) {
      if (values.length === 0) super(Original.now() + aheadMs);
      else super(...values);
    }
    static override now(): number {
      return Original.now() + aheadMs;
    }
  } as DateConstructor;
}
