import { realpathSync, statSync } from "node:fs";
import { AuditFlowError, type Logsource } from "@auditflow/contracts";
import { type Command, InvalidArgumentError } from "commander";
import { systemClock } from "../app/system-clock.ts";
import { type ReadBatch, type ReadOptions, readRecords } from "../ingest/read-records.ts";

/** How to read what a person names on the command line: the options that `scan` and `send` share. */
export interface InputOptions {
  readonly tz?: string;
  readonly year?: number;
  readonly logsource?: Logsource;
}

/** Adds the options that say how records are read. */
export function addInputOptions(command: Command): Command {
  return command
    .option(
      "--tz <zone>",
      "time zone of stamps without one: an IANA name or an offset (default: this machine's)",
    )
    .option(
      "--year <year>",
      "year of stamps without one (default: the latest not over 24 h ahead)",
      parseYear,
    )
    .option(
      "--logsource <pairs>",
      "take JSON records that are no audit events as this kind: product=..,category=..,service=..",
      parseLogsource,
    );
}

function parseYear(text: string): number {
  const year = Number(text);
  if (!Number.isInteger(year) || year < 1970 || year > 9999)
    throw new InvalidArgumentError("a year has four digits");
  return year;
}

/** Reads `product=..,category=..,service=..` of a command line. */
export function parseLogsource(text: string): Logsource {
  const logsource: Logsource = {};
  for (const pair of text.split(",")) {
    const [key = "", value = ""] = pair.split("=").map((part) => part.trim());
    if (!["product", "category", "service"].includes(key) || value === "") {
      throw new InvalidArgumentError(`"${pair}" is not product=.., category=.. or service=..`);
    }
    logsource[key as keyof Logsource] = value;
  }
  return logsource;
}

/** A file or the standard input, ready to be read. */
export interface Input {
  readonly name: string;
  /** Bytes, where that is known. */
  readonly size: number | undefined;
  batches(): AsyncGenerator<ReadBatch>;
}

/**
 * Opens what was named; `-` is the standard input.
 * @throws AuditFlowError not_found when there is no such file.
 */
export function openInput(name: string, options: InputOptions): Input {
  const settings = { ...readOptions(options), now: Date.now() };
  if (name === "-") {
    return {
      name,
      size: undefined,
      batches: () => readRecords(process.stdin, { ...settings, clock: systemClock, source: "stdin" }),
    };
  }
  const path = realPath(name);
  return { name, size: statSync(path).size, batches: () => readRecords(path, { ...settings, source: path }) };
}

/** How records are read, by the options of the command line. */
export function readOptions({ tz, year, logsource }: InputOptions): Omit<ReadOptions, "source" | "now"> {
  return {
    timeZone: tz ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    ...(year === undefined ? {} : { year }),
    ...(logsource === undefined ? {} : { logsource }),
  };
}

function realPath(name: string): string {
  try {
    const path = realpathSync(name);
    if (statSync(path).isDirectory()) throw new Error("it is a folder");
    return path;
  } catch (error) {
    throw new AuditFlowError("not_found", `${name} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
