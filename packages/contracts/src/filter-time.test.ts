import { describe, expect, it } from "vitest";
import { readTime, timeBounds, writeTime } from "./filter-time.ts";

const now = Date.parse("2026-03-01T12:00:00.000Z");
const at = (text: string): number => Date.parse(text);

describe("readTime", () => {
  it.each([
    ["2026-11-20", { day: "2026-11-20" }],
    ["2024-02-29", { day: "2024-02-29" }],
    ["0000-02-29", { day: "0000-02-29" }],
    ["2026-11-20T10:00:00Z", { at: "2026-11-20T10:00:00.000Z" }],
    ["2026-11-20t10:00:00.5z", { at: "2026-11-20T10:00:00.500Z" }],
    ["2026-11-20T10:00:00.123456789Z", { at: "2026-11-20T10:00:00.123Z" }],
    ["2026-11-20T01:00:00+02:30", { at: "2026-11-19T22:30:00.000Z" }],
    ["2026-11-20T23:00:00-01:00", { at: "2026-11-21T00:00:00.000Z" }],
    ["0001-01-01T00:00:00Z", { at: "0001-01-01T00:00:00.000Z" }],
    ["now", { ago: 0, unit: "m" }],
    ["now-0h", { ago: 0, unit: "m" }],
    ["NOW-7d", { ago: 7, unit: "d" }],
    ["now-90s", { ago: 90, unit: "s" }],
  ])("reads %s", (text, value) => {
    expect(readTime(text)).toEqual({ value });
  });

  it.each([
    ["2026-02-30", "The calendar has no"],
    ["2023-02-29", "The calendar has no"],
    ["0000-00-00", "The calendar has no"],
    ["2026-13-01T00:00:00Z", "The calendar has no"],
    ["2026-11-20T24:00:00Z", "The calendar has no"],
    ["2026-11-20T23:59:60Z", "The calendar has no"],
    ["0000-01-01T00:00:00+01:00", "outside of the years"],
    ["9999-12-31T23:59:59-01:00", "outside of the years"],
    ["2026-11-20T10:00", "Add seconds and `Z`"],
    ["2026-11-20 10:00:00", "Add seconds and `Z`"],
    ["2026-11-20T10:00:00+25:00", "Write a date"],
    ["now-1M", "Write how long ago"],
    ["now-1234567s", "Write how long ago"],
    ["now+1h", "Write how long ago"],
    ["2026-1-1", "Write a date"],
    ["+002026-11-20", "Write a date"],
  ])("refuses %s", (text, message) => {
    expect(readTime(text)).toEqual({ message: expect.stringContaining(message) });
  });

  it("reads what writeTime writes as the same time", () => {
    for (const time of [
      { day: "2026-11-20" },
      { at: "2026-11-20T10:00:00.000Z" },
      { ago: 2, unit: "w" },
    ] as const) {
      expect(readTime(writeTime(time))).toEqual({ value: time });
    }
  });
});

describe("timeBounds", () => {
  it("a day is a whole one in every comparison", () => {
    const day = { day: "2026-11-20" };
    const [from, to] = [at("2026-11-20T00:00:00Z"), at("2026-11-21T00:00:00Z")];
    expect(timeBounds("=", day, now)).toEqual({ from, to });
    expect(timeBounds(">=", day, now)).toEqual({ from, to: undefined });
    expect(timeBounds(">", day, now)).toEqual({ from: to, to: undefined });
    expect(timeBounds("<", day, now)).toEqual({ from: undefined, to: from });
    expect(timeBounds("<=", day, now)).toEqual({ from: undefined, to });
  });

  it("a moment is one millisecond, and a time ago counts from now", () => {
    expect(timeBounds("=", { at: "2026-03-01T12:00:00.000Z" }, now)).toEqual({ from: now, to: now + 1 });
    expect(timeBounds(">=", { ago: 2, unit: "w" }, now).from).toBe(at("2026-02-15T12:00:00Z"));
    expect(timeBounds(">=", { ago: 0, unit: "m" }, now).from).toBe(now);
  });

  it("the year 0000 is that year", () => {
    expect(timeBounds(">=", { day: "0000-01-01" }, now).from).toBe(-62167219200000);
  });
});
