const MachineDate = Date;

/** Sets the clock of this process ahead of the machine's, or back. As with the machine's, `Date` changes and no timer does. */
export function setClockAhead(aheadMs: number): void {
  globalThis.Date = class extends MachineDate {
    // A constructor of any arguments, as that of `Date`.
    constructor(...values: []) {
      if (values.length === 0) super(MachineDate.now() + aheadMs);
      else super(...values);
    }
    static override now(): number {
      return MachineDate.now() + aheadMs;
    }
    /** Dates that were made before the clock was set are dates, too. */
    static override [Symbol.hasInstance](value: unknown): boolean {
      return value instanceof MachineDate;
    }
  } as DateConstructor;
}
