import type { FilterOperator, FilterTime, FilterTimeUnit } from "./filter-term.ts";

const minute = 60_000;
const day = 24 * 60 * minute;

const unitLength: Readonly<Record<FilterTimeUnit, number>> = {
  s: 1000,
  m: minute,
  h: 60 * minute,
  d: day,
  w: 7 * day,
};

/** A span of time, [from, to) in epoch milliseconds; a side without a bound is undefined. */
export interface TimeBounds {
  readonly from: number | undefined;
  readonly to: number | undefined;
}

/**
 * The times that `operator` and `time` let through, `now` being epoch milliseconds. A day counts as a whole: `<=` ends
 * with its last millisecond, `>` begins with the next day.
 */
export function timeBounds(operator: FilterOperator, time: FilterTime, now: number): TimeBounds {
  const { from, to } = spanOf(time, now);
  if (operator === "=") return { from, to };
  if (operator === ">=") return { from, to: undefined };
  if (operator === ">") return { from: to, to: undefined };
  return { from: undefined, to: operator === "<" ? from : to };
}

function spanOf(time: FilterTime, now: number): { from: number; to: number } {
  if ("day" in time) {
    const from = Date.parse(`${time.day}T00:00:00Z`);
    return { from, to: from + day };
  }
  const from = "at" in time ? Date.parse(time.at) : now - time.ago * unitLength[time.unit];
  return { from, to: from + 1 };
}

const dateForm = /^\d{4}-\d{2}-\d{2}$/;
const momentForm =
  /^(\d{4}-\d{2}-\d{2})t(\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(?:z|([+-])([01]\d|2[0-3]):([0-5]\d))$/i;
const zonelessForm = /^\d{4}-\d{2}-\d{2}[t ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/i;
const agoForm = /^now(?:-(\d{1,6})([smhdw]))?$/;

/** Reads a time as a person writes it, or says in a sentence why it is none. */
export function readTime(text: string): { readonly value: FilterTime } | { readonly message: string } {
  const ago = agoForm.exec(text.replace(/^now/i, "now"));
  if (ago !== null) return { value: timeBefore(Number(ago[1] ?? 0), (ago[2] ?? "m") as FilterTimeUnit) };
  if (dateForm.test(text)) {
    const isReal = writtenTime(Date.parse(`${text}T00:00:00Z`))?.startsWith(text) === true;
    return isReal ? { value: { day: text } } : { message: `The calendar has no ${text}` };
  }
  const moment = momentForm.exec(text);
  if (moment !== null) return readMoment(text, moment);
  if (zonelessForm.test(text))
    return { message: `Add seconds and \`Z\` for UTC, as in 2026-11-20T10:00:00Z` };
  if (/^now/i.test(text))
    return { message: "Write how long ago in s, m (minutes), h, d or w, as in now-24h" };
  return { message: "Write a date (2026-11-20), a time (2026-11-20T10:00:00Z) or how long ago (now-24h)" };
}

/** A time as a filter writes it; `readTime` reads the same back. */
export function writeTime(time: FilterTime): string {
  if ("day" in time) return time.day;
  if ("at" in time) return time.at;
  return time.ago === 0 ? "now" : `now-${time.ago}${time.unit}`;
}

function timeBefore(ago: number, unit: FilterTimeUnit): FilterTime {
  return ago === 0 ? { ago, unit: "m" } : { ago, unit };
}

function readMoment(text: string, parts: RegExpExecArray): { value: FilterTime } | { message: string } {
  const [, date, clock, fraction = "", sign, hours = "0", minutes = "0"] = parts;
  const local = `${date}T${clock}.${fraction.slice(0, 3).padEnd(3, "0")}Z`;
  const localTime = Date.parse(local);
  // Date.parse carries what no calendar has, such as 30 February or 24:00, into the next day.
  if (writtenTime(localTime) !== local) return { message: `The calendar has no ${text}` };
  const offset = (Number(hours) * 60 + Number(minutes)) * minute;
  const at = writtenTime(sign === "-" ? localTime + offset : localTime - offset);
  return at === undefined
    ? { message: "In UTC this is outside of the years 0000 to 9999" }
    : { value: { at } };
}

/** The one written form of a time; undefined outside of the years 0000 to 9999. */
function writtenTime(at: number): string | undefined {
  const written = Number.isNaN(at) ? "" : new Date(at).toISOString();
  return written.length === 24 ? written : undefined;
}
