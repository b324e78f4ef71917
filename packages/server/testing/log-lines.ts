import { LogLine } from "@auditflow/contracts";
import { Ajv } from "ajv";

const fits = new Ajv({ allErrors: true }).compile(LogLine);

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const unsafe = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

/** What is wrong with one line of a service's log, without its line end, or undefined. */
export function lineFault(line: string): string | undefined {
  const fault = shapeFault(line);
  return fault === undefined ? undefined : `a line of the log ${fault}: ${line.slice(0, 500)}`;
}

function shapeFault(line: string): string | undefined {
  if (unsafe.test(line)) return "has a control character";
  if (Buffer.byteLength(line) >= 4096) return "is longer than 4,095 bytes";
  if (/:\/\/[^\s/@"]*:(?!\*\*\*@)[^\s/@"]*@/.test(line)) return "has the password of an URL";
  try {
    if (fits(JSON.parse(line))) return undefined;
    return (fits.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`).join(", ");
  } catch {
    return "is not JSON";
  }
}

/** The lines of a process, each checked; once one does not fit, they cannot be had any more. */
export class CheckedLines {
  readonly #records: Record<string, unknown>[] = [];
  #fault: string | undefined;

  /** Takes a line and returns what it says. */
  add(line: string): Record<string, unknown> {
    this.#fault ??= lineFault(line);
    const record = this.#fault === undefined ? (JSON.parse(line) as Record<string, unknown>) : {};
    this.#records.push(record);
    return record;
  }

  /** @throws when a line did not fit. */
  get records(): readonly Record<string, unknown>[] {
    if (this.#fault !== undefined) throw new Error(this.#fault);
    return this.#records;
  }
}
