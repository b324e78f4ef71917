import { expect, test } from "vitest";
import { Repeats } from "./log-repeats.ts";

const limits = { written: 2, windowMs: 100, kinds: 3 };

function watched() {
  const told: [string, number][] = [];
  const repeats = new Repeats<string>(limits);
  const tell = ({ line, repeated }: { line: string; repeated: number }): void =>
    void told.push([line, repeated]);
  const take = (kind: string, line: string, now: number) => repeats.take(kind, line, { now, tell });
  return { repeats, told, take, endBy: (now: number) => repeats.endBy(now, tell) };
}

test("what is held back in a window is told once when it ends, with the last line", () => {
  const { told, take, endBy } = watched();
  expect([take("a", "1", 0), take("a", "2", 1), take("a", "3", 2), take("a", "4", 3)]).toEqual([
    0,
    0,
    undefined,
    undefined,
  ]);
  endBy(99);
  expect(told).toEqual([]);
  endBy(100);
  expect(told).toEqual([["4", 1]]);
  endBy(1_000);
  expect(told).toHaveLength(1);
});

test("the next line after a window that nobody closed tells what it held", () => {
  const { told, take } = watched();
  for (let n = 0; n < 7; n++) take("a", String(n), 0);
  expect(take("a", "late", 100)).toBe(5);
  expect(told).toEqual([]);
});

test("every line is written or told, whatever kinds come and go", () => {
  const { told, take, endBy } = watched();
  let written = 0;
  let counted = 0;
  for (let n = 0; n < 5_000; n++) {
    const repeated = take(`kind ${(n * 7_919) % 11 < 9 ? 0 : n % 5}`, String(n), n);
    if (repeated !== undefined) {
      written += 1;
      counted += repeated;
    }
    if (n % 50 === 0) endBy(n);
  }
  endBy(Number.POSITIVE_INFINITY);
  const inTold = told.reduce((sum, [, repeated]) => sum + 1 + repeated, 0);
  expect(written + counted + inTold).toBe(5_000);
  expect(told.length + written).toBeLessThan(5_000);
});

test("the kind known longest makes room, and is told then", () => {
  const { repeats, told, take } = watched();
  for (let n = 0; n < 5; n++) take("a", `a${n}`, 0);
  for (const kind of ["b", "c", "d"]) take(kind, kind, 1);
  expect(told).toEqual([["a4", 2]]);
  expect(repeats.endsAt).toBe(101);
});
