import { expect, test } from "vitest";
import { forMilliseconds } from "./log-level.ts";

test.each([
  ["90s", 90_000],
  ["10m", 600_000],
  ["24h", 86_400_000],
  ["86400s", 86_400_000],
])("%s is a time that a level may hold", (text, milliseconds) => {
  expect(forMilliseconds(text)).toBe(milliseconds);
});

test.each(["25h", "86401s", "0s", "5", "m", "-1m", "1.5h", "1d", "10m ", ""])(
  '"%s" is none, or more than a day',
  (text) => {
    expect(forMilliseconds(text)).toBeUndefined();
  },
);
