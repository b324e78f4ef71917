import { describe, expect, test } from "vitest";
import { parseTimestamp, writtenForm } from "./timestamp.ts";

function written(text: string, timeZone?: string): string {
  const moment = parseTimestamp(text, timeZone);
  return "fault" in moment ? moment.fault : writtenForm(text, moment);
}

describe("every accepted form becomes one UTC form", () => {
  test.each([
    ["2025-06-09T10:15:30.123Z", "2025-06-09T10:15:30.123Z"],
    ["2025-06-09T10:15:30Z", "2025-06-09T10:15:30.000Z"],
    ["2025-06-09 10:15:30.5Z", "2025-06-09T10:15:30.500Z"],
    ["2025-06-09t10:15:30z", "2025-06-09T10:15:30.000Z"],
    ["2025-06-09T10:15:30.123999999999Z", "2025-06-09T10:15:30.123Z"],
    ["2025-06-09T10:15:30+02:00", "2025-06-09T08:15:30.000Z"],
    ["2025-06-09T10:15:30-05:30", "2025-06-09T15:45:30.000Z"],
    ["2025-06-09T10:15:30-00:00", "2025-06-09T10:15:30.000Z"],
    ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"],
    ["0099-01-01T00:00:00Z", "0099-01-01T00:00:00.000Z"],
    ["2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999Z"],
    ["2016-12-31T23:59:60.123Z", "2016-12-31T23:59:59.999Z"],
    ["2017-01-01T00:59:60+01:00", "2016-12-31T23:59:59.999Z"],
  ])("%s is %s", (text, expected) => {
    expect(written(text)).toBe(expected);
  });
});

describe("what is no moment is refused with the reason", () => {
  test.each([
    ["2026-02-30T00:00:00Z", "the day 30"],
    ["2025-02-29T00:00:00Z", "the day 29"],
    ["0000-01-01T00:00:00Z", "the year 0000"],
    ["2025-01-01T24:00:00Z", "the hour 24"],
    ["2025-13-01T00:00:00Z", "the month 13"],
    ["2025-00-01T00:00:00Z", "the month 0"],
    ["2025-01-01T00:60:00Z", "the minute 60"],
    ["2025-01-01T00:00:61Z", "the second 61"],
    ["2016-12-31T22:59:60Z", "no leap second"],
    ["2025-01-01T00:00:00+24:00", "an offset that does not exist"],
    ["9999-12-31T23:59:59-01:00", "outside the years"],
    ["2025-01-01T00:00:00", "has no zone"],
    ["2025-01-01", "not RFC 3339"],
    ["2025-01-01T00:00:00,123Z", "not RFC 3339"],
    ["2025-1-1T00:00:00Z", "not RFC 3339"],
    ["٢٠٢٥-01-01T00:00:00Z", "not RFC 3339"],
    ["2025-01-01T00:00:00ZZ", "not RFC 3339"],
    ["2025-01-01T00:00:00Z\n", "not RFC 3339"],
    [`2025-01-01T00:00:00.${"1".repeat(100)}Z`, "not RFC 3339"],
    ["", "not RFC 3339"],
  ])("%j: %s", (text, words) => {
    expect(written(text)).toContain(words);
  });
});

test("an offset followed by Z is that offset, and is told apart", () => {
  const at = Date.parse("2025-06-09T10:15:30.123Z");
  expect(parseTimestamp("2025-06-09T10:15:30.123456+00:00Z")).toEqual({ at, legacy: true });
  expect(parseTimestamp("2025-06-09T12:15:30.123456+02:00Z")).toEqual({ at, legacy: true });
  expect(parseTimestamp("2025-06-09T10:15:30.123456+00:00")).toEqual({ at, legacy: false });
});

describe("without a zone the given one decides", () => {
  test.each([
    ["2025-07-01T12:00:00", "Europe/Berlin", "2025-07-01T10:00:00.000Z"],
    ["2025-01-01T12:00:00", "Europe/Berlin", "2025-01-01T11:00:00.000Z"],
    ["2025-01-01T12:00:00", "+05:30", "2025-01-01T06:30:00.000Z"],
    ["2025-01-01T12:00:00Z", "Europe/Berlin", "2025-01-01T12:00:00.000Z"],
  ])("%s in %s is %s", (text, zone, expected) => {
    expect(written(text, zone)).toBe(expected);
  });

  test("an hour that comes twice is the first one", () => {
    expect(written("2025-10-26T02:30:00", "Europe/Berlin")).toBe("2025-10-26T00:30:00.000Z");
    expect(written("2025-11-02T01:30:00", "America/New_York")).toBe("2025-11-02T05:30:00.000Z");
  });

  test("an hour that is skipped is read with the offset before the change", () => {
    expect(written("2025-03-30T02:30:00", "Europe/Berlin")).toBe("2025-03-30T01:30:00.000Z");
    expect(written("2025-03-09T02:30:00", "America/New_York")).toBe("2025-03-09T07:30:00.000Z");
  });

  test("a zone that does not exist is an error that names it", () => {
    expect(() => parseTimestamp("2025-01-01T12:00:00", "Mars/Olympus")).toThrow(
      /no time zone "Mars\/Olympus"/,
    );
  });
});
