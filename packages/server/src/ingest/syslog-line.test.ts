import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseSyslogLine } from "./syslog-line.ts";

const now = Date.parse("2026-11-23T08:00:00Z");

function timeOf(line: string, options: { year?: number; timeZone?: string; now?: number } = {}): string {
  const parsed = parseSyslogLine(line, { timeZone: "UTC", now, ...options });
  return "fault" in parsed ? parsed.fault : new Date(parsed.at).toISOString();
}

describe("a stamp without a year is in the latest year that is not over a day ahead", () => {
  test.each([
    ["Nov 23 07:00:00 h p: m", "2026-11-23T07:00:00.000Z"],
    ["Nov 24 07:59:59 h p: m", "2026-11-24T07:59:59.000Z"],
    ["Nov 24 08:00:01 h p: m", "2025-11-24T08:00:01.000Z"],
    ["Dec 10 06:55:46 h p: m", "2025-12-10T06:55:46.000Z"],
    ["Feb 29 00:00:00 h p: m", "2024-02-29T00:00:00.000Z"],
  ])("%s: %s", (line, expected) => {
    expect(timeOf(line)).toBe(expected);
  });

  test("around new year both sides are right", () => {
    const newYear = Date.parse("2026-01-01T00:10:00Z");
    expect(timeOf("Dec 31 23:59:59 h p: m", { now: newYear })).toBe("2025-12-31T23:59:59.000Z");
    expect(timeOf("Jan  1 00:05:00 h p: m", { now: newYear })).toBe("2026-01-01T00:05:00.000Z");
    const eve = Date.parse("2025-12-31T23:59:00Z");
    expect(timeOf("Jan  1 00:05:00 h p: m", { now: eve })).toBe("2026-01-01T00:05:00.000Z");
  });
});

test("a line is read as it would be alone, whatever came before it", () => {
  const lines = [
    ...["Dec 10 06:55:46 h p: m", "Dec 10 06:55:46 h p: n", "Dec 10 06:55:46", "Dec 10 06:55:460 h p: m"],
    ...["<34>Dec 10 06:55:46 h p: m", "<3456>Dec 10 06:55:46 h p: m", "Feb 29 06:55:46 h p: m"],
    ...["2025-12-10T06:55:46Z h p: m", "2025-12-10T06:55:46.5Z h p: m", "Dec 10 2024 06:55:46 h p: m"],
  ];
  const zones = [
    { timeZone: "UTC", now },
    { timeZone: "Europe/Berlin", now },
    { timeZone: "UTC", now: now - 400 * 86_400_000 },
    { timeZone: "UTC", now, year: 2020 },
  ];
  const [line, options] = [fc.constantFrom(...lines), fc.constantFrom(...zones)];
  fc.assert(
    fc.property(fc.array(fc.tuple(line, options)), line, options, (before, text, zone) => {
      const alone = parseSyslogLine(text, { ...zone });
      for (const [other, otherZone] of before) parseSyslogLine(other, otherZone);
      expect(parseSyslogLine(text, zone)).toEqual(alone);
    }),
  );
});

describe("the other stamps", () => {
  test.each([
    ["2025-12-10T06:55:46.123456+01:00 h p: m", "2025-12-10T05:55:46.123Z"],
    ["<34>Dec 10 06:55:46 h p: m", "2025-12-10T06:55:46.000Z"],
    ["<34>2025-12-10T06:55:46Z h p: m", "2025-12-10T06:55:46.000Z"],
    ["Dec 10 2019 06:55:46 h p: m", "2019-12-10T06:55:46.000Z"],
  ])("%s: %s", (line, expected) => {
    expect(timeOf(line)).toBe(expected);
  });

  test("a given year and zone decide", () => {
    expect(timeOf("Jul  1 12:00:00 h p: m", { year: 2005, timeZone: "America/New_York" })).toBe(
      "2005-07-01T16:00:00.000Z",
    );
  });
});

describe("a line that has no time is refused", () => {
  test.each([
    ["no stamp here", "does not begin with a time"],
    ["Foo 10 06:55:46 h p: m", "month 0"],
    ["Feb 30 06:55:46 h p: m", "day 30"],
    ["Dec 10 24:55:46 h p: m", "hour 24"],
    ["2025-02-30T06:55:46Z h p: m", "day 30"],
    ["Dec 10 06:55:46", "does not begin"],
    ["Dec 10 06:55:46 host", "no host and message"],
  ])("%s: %s", (line, words) => {
    expect(timeOf(line)).toContain(words);
  });

  test("29 February is refused in a year that has none", () => {
    expect(timeOf("Feb 29 00:00:00 h p: m", { year: 2025 })).toContain("day 29");
  });
});

describe("the tag is split", () => {
  test.each([
    ["sshd[24200]: hello", { program: "sshd", pid: 24200, message: "hello" }],
    ["sshd(pam_unix)[19939]: check", { program: "sshd", variant: "pam_unix", pid: 19939, message: "check" }],
    ["/usr/sbin/sshd[1]: x", { program: "sshd", pid: 1, message: "x" }],
    ["postfix/smtpd[1]: x", { program: "postfix/smtpd", pid: 1, message: "x" }],
    ["/sshd[1]: x", { program: "/sshd", pid: 1, message: "x" }],
    ["kernel: usb: new device", { program: "kernel", message: "usb: new device" }],
    ["syslogd 1.4.1: restart.", { program: "syslogd", message: "restart." }],
    ["last message repeated 2 times", { program: "", message: "last message repeated 2 times" }],
  ])("%s", (rest, expected) => {
    expect(parseSyslogLine(`Dec 10 06:55:46 host1 ${rest}`, { timeZone: "UTC", now })).toMatchObject({
      host: "host1",
      ...expected,
    });
  });
});
