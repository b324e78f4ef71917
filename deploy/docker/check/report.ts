/** What became of one check: `warn` holds as far as it could be asked, and says what could not. */
export interface Outcome {
  readonly result: "pass" | "warn" | "FAIL";
  /** In words: what was seen, or what is wrong and what to do. */
  readonly detail: string;
}

/** One line of the report. */
export interface Row extends Outcome {
  /** `image`, or the service that was looked at. */
  readonly subject: string;
  readonly name: string;
  readonly seconds: number;
}

/** Thrown by a check that holds as far as it could be asked. */
export class Reservation extends Error {}

/** Runs checks one by one, prints each as it ends, and keeps them. */
export class Report {
  readonly rows: Row[] = [];
  readonly #print: (row: Row) => void;

  constructor(print: (row: Row) => void) {
    this.#print = print;
  }

  /** Runs a check: it holds when it does not reject; what it resolves to is said beside it. */
  async check(subject: string, name: string, work: () => Promise<string> | string): Promise<boolean> {
    const started = performance.now();
    const outcome = await outcomeOf(work);
    const row = { subject, name, seconds: (performance.now() - started) / 1000, ...outcome };
    this.rows.push(row);
    this.#print(row);
    return row.result !== "FAIL";
  }

  count(result: Row["result"]): number {
    return this.rows.filter((row) => row.result === result).length;
  }
}

async function outcomeOf(work: () => Promise<string> | string): Promise<Outcome> {
  try {
    return { result: "pass", detail: await work() };
  } catch (error) {
    const result = error instanceof Reservation ? "warn" : "FAIL";
    return { result, detail: error instanceof Error ? error.message : String(error) };
  }
}

/** Throws the sentence unless the condition holds. */
export function insist(holds: boolean, sentence: string): asserts holds {
  if (!holds) throw new Error(sentence);
}

/** A row as a line of text; a longer detail goes on below it. */
export function rowText({ subject, name, result, seconds, detail }: Row): string {
  const [first = "", ...more] = detail.split("\n");
  const head = `${result} ${seconds.toFixed(1).padStart(6)} s  ${subject.padEnd(21)}  ${name}`;
  return [
    `${head}${first === "" ? "" : `: ${first}`}`,
    ...more.map((line) => `${" ".repeat(15)}${line}`),
  ].join("\n");
}
