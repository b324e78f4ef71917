import { AuditFlowError } from "@auditflow/contracts";

/** What a clock on a wall shows: a date and time without a zone; months and days count from 1. */
export interface WallTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

/**
 * The epoch milliseconds at which a wall clock in the zone shows this time. Of two (clocks put back) the earlier; a
 * time that is skipped (clocks put forward) is read with the offset from before the change.
 * @throws AuditFlowError invalid_request when there is no such zone.
 */
export function epochOf(wall: WallTime, timeZone: string): number {
  const utc = utcEpochOf(wall);
  return timeZone === "UTC" ? utc : utc - offsetAt(utc, timeZone);
}

/** Date.UTC reads the years 0 to 99 as 1900 to 1999; 400 years are a whole number of days and of leap cycles. */
function utcEpochOf({ year, month, day, hour, minute, second, millisecond }: WallTime): number {
  return Date.UTC(year + 400, month - 1, day, hour, minute, second, millisecond) - cycle;
}

const cycle = 146_097 * 86_400_000;
const quarter = 15 * 60_000;

// A log is in order nearly always, and no zone changes its clocks within a quarter of an hour: one entry is enough.
let last: { readonly timeZone: string; readonly bucket: number; readonly offset: number } | undefined;

/** How far the zone is ahead of UTC when its wall clock shows `wall`, given as if it were UTC. */
function offsetAt(wall: number, timeZone: string): number {
  const bucket = Math.floor(wall / quarter);
  if (last?.timeZone === timeZone && last.bucket === bucket) return last.offset;
  const before = zoneOffset(wall - 86_400_000, timeZone);
  const after = zoneOffset(wall + 86_400_000, timeZone);
  // In a gap neither leads to a moment that shows this time.
  const offset =
    [before, after].find((candidate) => zoneOffset(wall - candidate, timeZone) === candidate) ?? before;
  last = { timeZone, bucket, offset };
  return offset;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function zoneOffset(at: number, timeZone: string): number {
  const parts = formatOf(timeZone).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes): number =>
    Number(parts.find((candidate) => candidate.type === type)!.value);
  const shown = Date.UTC(
    part("year"),
    part("month") - 1,
    part("day"),
    part("hour"),
    part("minute"),
    part("second"),
  );
  return shown - Math.floor(at / 1000) * 1000;
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  try {
    const made = new Intl.DateTimeFormat("en-US", {
      timeZone,
      calendar: "iso8601",
      hourCycle: "h23",
      ...numeric,
    });
    formats.set(timeZone, made);
    return made;
  } catch (cause) {
    const detail = `There is no time zone "${timeZone}": name one such as Europe/Berlin, or an offset such as +02:00`;
    throw new AuditFlowError("invalid_request", detail, { cause });
  }
}

const numeric = {
  year: "numeric",
  month: "numeric",
  day: "numeric",
  hour: "numeric",
  minute: "numeric",
  second: "numeric",
} as const;
