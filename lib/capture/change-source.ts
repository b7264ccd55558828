/** Finds changes of hooked rows and hands them to `Capture`, inside the transaction that wrote them. */
export interface ChangeSource {
  start(): void;
  stop(): void;
}
