/** What was expected, and what came instead. */
export interface Fault {
  readonly expected: string;
  readonly got: string;
}

/** What came of one thing that must hold. */
export interface Outcome {
  readonly title: string;
  /** Where it is written. */
  readonly file: string;
  readonly line: number;
  /** Set when it does not hold. */
  readonly failure?: Fault;
}

/** A place in a file that an outcome is about. */
export type Place = Pick<Outcome, "title" | "file" | "line">;

/** The outcome of a thing that holds when nothing is wrong with it; several faults make one failure. */
export function outcomeOf({ title, file, line }: Place, faults: readonly Fault[]): Outcome {
  if (faults.length === 0) return { title, file, line };
  const expected = [...new Set(faults.map((fault) => fault.expected))].join("; ");
  const got = [...new Set(faults.map((fault) => fault.got))].join("; ");
  return { title, file, line, failure: { expected, got } };
}

/** The outcomes of one part, and what it has to say besides. */
export interface PartResult {
  readonly outcomes: readonly Outcome[];
  /** Sentences that are information, not verdicts. */
  readonly notes: readonly string[];
}
