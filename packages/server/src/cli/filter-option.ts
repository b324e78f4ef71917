import { type FilterFault, parseFilter } from "@auditflow/contracts";
import { type Command, InvalidArgumentError } from "commander";
import { printable } from "./printable.ts";

/** Which alerts a command is about. */
export interface SelectionOptions {
  readonly filter?: string;
  readonly from?: string;
  readonly to?: string;
}

/** Adds `--filter`, which is read here, so that what is wrong is shown under its place before anything is asked. */
export function addFilterOption(command: Command): Command {
  return command.option(
    "--filter <filter>",
    "which alerts, such as 'severity:>=high host:web-*'",
    checkFilter,
  );
}

/** Adds `--filter`, `--from` and `--to`. */
export function addSelectionOptions(command: Command): Command {
  return addFilterOption(command)
    .option("--from <time>", "event time from here on, RFC 3339", checkTime)
    .option("--to <time>", "event time before this, RFC 3339", checkTime);
}

/** The selection as a query of the API. */
export function selectionQuery({ filter, from, to }: SelectionOptions): URLSearchParams {
  const given = Object.entries({ filter, from, to }).filter((entry) => entry[1] !== undefined);
  return new URLSearchParams(given as [string, string][]);
}

/**
 * Gives a filter back that can be understood.
 * @throws InvalidArgumentError with each fault below a line of carets that points at it.
 */
export function checkFilter(text: string): string {
  const read = parseFilter(text);
  if ("filter" in read) return text;
  throw new InvalidArgumentError(read.faults.map((fault) => `\n${pointedAt(text, fault)}`).join(""));
}

/** Characters shown before a fault, and in all. */
const before = 40;
const width = 100;

/** The part of a text around a fault, carets below it, and what is wrong. */
function pointedAt(text: string, { from, to, message }: FilterFault): string {
  const start = Math.max(0, Math.min(from - before, text.length - width));
  const shown = printable(text.slice(start, start + width).toWellFormed());
  const carets = "^".repeat(Math.max(1, Math.min(to, start + width) - from));
  return `  ${shown}\n  ${" ".repeat(from - start)}${carets} ${message}`;
}

const timeForm = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;

function checkTime(text: string): string {
  if (timeForm.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw new InvalidArgumentError(`"${printable(text)}" is no time; write it as 2026-11-20T10:00:00Z`);
}
