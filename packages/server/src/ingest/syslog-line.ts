import { faultOf, parseTimestamp } from "./timestamp.ts";
import { epochOf, type WallTime } from "./wall-time.ts";

/** What the stamps of syslog leave out. */
export interface StampOptions {
  /** IANA name or offset of the zone in which the stamps were written. */
  readonly timeZone: string;
  /** Year of the stamps; by default the latest that makes the stamp at most 24 h later than `now`. */
  readonly year?: number;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** A line of syslog in its parts. `program` is without path and variant; empty when the line names none. */
export interface SyslogLine {
  readonly at: number;
  readonly host: string;
  readonly program: string;
  /** What stands in brackets behind the program: `pam_unix` of `sshd(pam_unix)`. */
  readonly variant: string | undefined;
  readonly pid: number | undefined;
  readonly message: string;
}

const prefix = /^<\d{1,3}>/;
const bsdStamp = /([A-Z][a-z]{2}) {1,2}(\d{1,2}) (?:(\d{4}) )?(\d\d):(\d\d):(\d\d)(?= )/y;
const isoStamp = /\d{4}-\d\d-\d\d[Tt]\S{8,40}(?= )/y;
/** Host and tag: program, variant, pid. What follows is the message. */
const header =
  / (\S{1,256}) (?:([^\s:[\](){}]{1,128})(?:\(([\w.-]{1,64})\))?(?: [\d.]{1,16})?(?:\[(\d{1,10})\])?: ?)?/y;

/**
 * Splits a line into stamp, host, program and message. Stamps are `Dec 10 06:55:46` (also with a year) or RFC 3339;
 * a priority such as `<34>` before it is skipped. Answers in words why a line is none.
 */
export function parseSyslogLine(
  line: string,
  options: StampOptions,
): SyslogLine | { readonly fault: string } {
  const start = line.startsWith("<") ? (prefix.exec(line)?.[0].length ?? 0) : 0;
  const stamp = stampAt(line, start, options);
  if ("fault" in stamp) return stamp;
  header.lastIndex = start + stamp.text.length;
  const parts = header.exec(line);
  if (parts === null) return { fault: "The line has no host and message after its time" };
  const [whole, host, program, variant, pid] = parts;
  return {
    at: stamp.at,
    host: host!,
    program: program === undefined ? "" : baseName(program),
    variant,
    pid: pid === undefined ? undefined : Number(pid),
    message: line.slice(parts.index + whole.length),
  };
}

function baseName(program: string): string {
  const slash = program.lastIndexOf("/");
  return slash > 0 && program.startsWith("/") ? program.slice(slash + 1) : program;
}

interface Stamp {
  readonly text: string;
  readonly at: number;
}

// Lines of one second follow each other.
let last: { readonly stamp: Stamp; readonly options: StampOptions } | undefined;

function stampAt(line: string, start: number, options: StampOptions): Stamp | { readonly fault: string } {
  if (last?.options === options && isStamp(last.stamp.text, line, start)) return last.stamp;
  const stamp = parseStamp(line, start, options);
  if (!("fault" in stamp)) last = { stamp, options };
  return stamp;
}

function isStamp(text: string, line: string, start: number): boolean {
  return line.startsWith(text, start) && line[start + text.length] === " ";
}

function parseStamp(line: string, start: number, options: StampOptions): Stamp | { readonly fault: string } {
  bsdStamp.lastIndex = start;
  const bsd = bsdStamp.exec(line);
  if (bsd !== null) {
    const at = bsdTime(bsd, options);
    return typeof at === "string" ? { fault: `The time "${bsd[0]}" ${at}` } : { at, text: bsd[0] };
  }
  isoStamp.lastIndex = start;
  const iso = isoStamp.exec(line)?.[0];
  if (iso === undefined) {
    return {
      fault: "The line does not begin with a time such as `Dec 10 06:55:46` or `2025-12-10T06:55:46Z`",
    };
  }
  const moment = parseTimestamp(iso, options.timeZone);
  return "fault" in moment ? { fault: `The time "${iso}" ${moment.fault}` } : { at: moment.at, text: iso };
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const day = 86_400_000;

function bsdTime(parts: RegExpExecArray, { timeZone, year, now }: StampOptions): number | string {
  const month = months.indexOf(parts[1]!) + 1;
  const date = Number(parts[2]);
  const time = { hour: Number(parts[4]), minute: Number(parts[5]), second: Number(parts[6]), millisecond: 0 };
  const wallIn = (inYear: number): WallTime => ({ year: inYear, month, day: date, ...time });
  const fixed = parts[3] === undefined ? year : Number(parts[3]);
  if (fixed !== undefined) {
    const wall = wallIn(fixed);
    return faultOf(wall) ?? epochOf(wall, timeZone);
  }
  const next = new Date(now + day).getUTCFullYear() + 1;
  // The last 29 February may be eight years back (1896, 1904).
  for (let candidate = next; candidate > next - 10; candidate -= 1) {
    const wall = wallIn(candidate);
    // Cheap, and right in every zone; spares the zone's rules for years that are out of the question.
    if (Date.UTC(candidate, month - 1, date) > now + 2 * day || faultOf(wall) !== undefined) continue;
    const at = epochOf(wall, timeZone);
    if (at <= now + day) return at;
  }
  return faultOf(wallIn(leapYear)) ?? "does not exist";
}

// Every day that a calendar can have exists in it, so a fault is the stamp's and not the year's.
const leapYear = 2024;
