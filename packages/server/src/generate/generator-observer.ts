/** What the generator tells of its work, in numbers since the last call. */
export interface GeneratorObserver {
  /** Events the transport took over. */
  generated(n: number): void;
  /** Events that were due and never made, or made and never taken. */
  skipped(n: number): void;
}
