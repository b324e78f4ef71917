/** What is wrong in a file: where (`path`, or `path:line:column`), at which place of its content, and a sentence. */
export interface Fault {
  readonly file: string;
  /** A JSON pointer, or the words that lead there; empty for the file as a whole. */
  readonly at: string;
  readonly message: string;
}

/** Prints the faults, a line each, then what was checked; sets the exit code to 1 if there is a fault. */
export function report(checked: string, faults: readonly Fault[]): void {
  for (const { file, at, message } of faults) {
    process.stdout.write(`${file}: ${at === "" ? "" : `${at}: `}${message}\n`);
  }
  process.stdout.write(`${checked}: ${faults.length === 0 ? "no fault" : `${faults.length} faults`}\n`);
  if (faults.length > 0) process.exitCode = 1;
}
