import { formatTimestamp } from "../telemetry/clock.ts";
import { epochOf, type WallTime } from "./wall-time.ts";

/** A moment as epoch milliseconds; `legacy`: it was written with an offset and `Z` at once. */
export interface Moment {
  readonly at: number;
  readonly legacy: boolean;
}

/** Why a text is not a moment, in words for who wrote it. */
export interface TimestampFault {
  readonly fault: string;
}

const pattern =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:([Zz])|([+-])(\d\d):(\d\d)([Zz])?)?$/;

/**
 * Reads RFC 3339, also with a space or lower-case `t` and `z`; a fraction of any length is cut to milliseconds. An
 * offset followed by `Z`, as the first AuditFlow wrote it, counts as that offset. A leap second (23:59:60 UTC) is
 * the last millisecond before it. Without a zone the text is refused, unless `timeZone` says which one is meant.
 */
export function parseTimestamp(text: string, timeZone?: string): Moment | TimestampFault {
  const parts = text.length <= 64 ? pattern.exec(text) : null;
  if (parts === null) return { fault: "is not RFC 3339, such as 2025-06-09T10:15:30.123Z" };
  const isLeap = parts[6] === "60";
  const wall = wallTimeOf(parts, isLeap);
  const fault = faultOf(wall);
  if (fault !== undefined) return { fault };
  const hasZone = parts[8] !== undefined || parts[9] !== undefined;
  if (!hasZone && timeZone === undefined)
    return { fault: "has no zone: end it with Z or an offset such as +02:00" };
  const offset = offsetOf(parts);
  if (offset === undefined) return { fault: "has an offset that does not exist" };
  const at = epochOf(wall, hasZone ? "UTC" : timeZone!) - offset;
  if (isLeap && at % 86_400_000 !== 86_399_999) return { fault: "has second 60 where no leap second can be" };
  if (at < firstMoment || at > lastMoment) return { fault: "lies outside the years 0001 to 9999 in UTC" };
  return { at, legacy: parts[12] !== undefined };
}

/** The one written form of a moment that was read from this text; the text itself when it has that form already. */
export function writtenForm(text: string, { at }: Moment): string {
  const isWritten = text.length === 24 && text[10] === "T" && text[19] === "." && text[23] === "Z";
  return isWritten && !text.startsWith("60", 17) ? text : formatTimestamp(at);
}

const firstMoment = Date.parse("0001-01-01T00:00:00.000Z");
const lastMoment = Date.parse("9999-12-31T23:59:59.999Z");

function wallTimeOf(parts: RegExpExecArray, isLeap: boolean): WallTime {
  return {
    year: Number(parts[1]),
    month: Number(parts[2]),
    day: Number(parts[3]),
    hour: Number(parts[4]),
    minute: Number(parts[5]),
    second: isLeap ? 59 : Number(parts[6]),
    millisecond: isLeap ? 999 : Number((parts[7] ?? "").slice(0, 3).padEnd(3, "0")),
  };
}

/** In words, which part of the date or time does not exist; undefined when all do. */
export function faultOf({ year, month, day, hour, minute, second }: WallTime): string | undefined {
  if (year === 0) return "has the year 0000, which does not exist";
  if (month < 1 || month > 12) return `has the month ${month}`;
  if (day < 1 || day > daysIn(year, month)) return `has the day ${day}, which that month does not have`;
  if (hour > 23) return `has the hour ${hour}; hours go from 00 to 23`;
  if (minute > 59) return `has the minute ${minute}`;
  if (second > 59) return `has the second ${second}`;
  return undefined;
}

const monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function daysIn(year: number, month: number): number {
  const isLeapYear = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month === 2 && isLeapYear ? 29 : monthLengths[month - 1]!;
}

/** Milliseconds ahead of UTC; undefined for hours or minutes that no offset has. */
function offsetOf(parts: RegExpExecArray): number | undefined {
  if (parts[9] === undefined) return 0;
  const hours = Number(parts[10]);
  const minutes = Number(parts[11]);
  if (hours > 23 || minutes > 59) return undefined;
  return (parts[9] === "-" ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}
