const written = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2}))?/;
const daysBefore = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334] as const;

/** The parts of a date that rules can compare, with the numbers each can have. */
export const dateParts = {
  minute: { from: 0, to: 59 },
  hour: { from: 0, to: 23 },
  day: { from: 1, to: 31 },
  week: { from: 1, to: 53 },
  month: { from: 1, to: 12 },
  year: { from: 0, to: 9999 },
} as const;

/** The name of a part of a date. */
export type DatePart = keyof typeof dateParts;

/**
 * A part of a date as it is written (`2026-01-31`, `2026-01-31T09:15:00Z`): no time zone is applied. Weeks are those
 * of ISO 8601. undefined when the text is not such a date or does not have the part.
 */
export function datePart(text: string, part: DatePart): number | undefined {
  const found = written.exec(text);
  if (found === null) return undefined;
  const [year, month, day, hour, minute] = found
    .slice(1)
    .map((digits) => (digits ? Number(digits) : undefined));
  if (year === undefined || month === undefined || day === undefined) return undefined;
  if (month < 1 || month > 12 || day < 1 || day > 31) return undefined;
  return part === "week" ? isoWeek(year, month, day) : { year, month, day, hour, minute }[part];
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** Monday is 0. */
function weekday(year: number, dayOfYear: number): number {
  const before = year - 1;
  const days = before * 365 + Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  return (((days + dayOfYear - 1) % 7) + 7) % 7;
}

function weeksIn(year: number): number {
  const first = weekday(year, 1);
  return first === 3 || (first === 2 && isLeap(year)) ? 53 : 52;
}

function isoWeek(year: number, month: number, day: number): number {
  const dayOfYear = daysBefore[month - 1]! + day + (month > 2 && isLeap(year) ? 1 : 0);
  const week = Math.floor((dayOfYear - 1 - weekday(year, dayOfYear) + 10) / 7);
  if (week < 1) return weeksIn(year - 1);
  return week > weeksIn(year) ? 1 : week;
}
