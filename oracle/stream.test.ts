import { expect, test } from "vitest";
import { choiceFrom } from "./random-choice.ts";
import { oracleTypes } from "./rule-spec.ts";
import { leastLateness, rulesFrom } from "./rules-from.ts";
import { type Stream, streamFrom } from "./stream.ts";

const specs = rulesFrom(choiceFrom("rules 1"), oracleTypes);
const stream = streamFrom("1", 3000, specs);

test("a seed gives the same rules and the same stream each time", () => {
  expect(rulesFrom(choiceFrom("rules 1"), oracleTypes)).toEqual(specs);
  expect(streamFrom("1", 3000, specs)).toEqual(stream);
  expect(streamFrom("2", 3000, specs)).not.toEqual(stream);
});

test("a stream has ties, duplicates, disorder, several stretches, and about as many events as asked for", () => {
  const { events, rounds } = stream;
  expect(Math.abs(events.length - 3000)).toBeLessThan(300);
  expect(new Set(events.map(({ at }) => at)).size).toBeLessThan(events.length * 0.9);
  expect(rounds.flatMap(({ batches }) => batches.flat()).length).toBeGreaterThan(events.length * 1.02);
  expect(events.filter(({ at }, n) => n > 0 && at < events[n - 1]!.at).length).toBeGreaterThan(100);
  expect(new Set(rounds.map(({ stretch }) => stretch)).size).toBeGreaterThan(1);
});

test("of events that come at the same time none can make another late, whatever their order", () => {
  let earlier = -Infinity;
  for (const events of Map.groupBy(stream.events, ({ round }) => round).values()) {
    const inTime = events.filter(({ at }) => at >= earlier - leastLateness);
    const greatest = greatestOf(inTime, earlier);
    if (inTime.length === events.length) {
      expect(events.every(({ at }) => at >= greatest - leastLateness)).toBe(true);
    } else {
      expect(stream.rounds[events[0]!.round]!.batches).toHaveLength(1);
    }
    earlier = Math.max(earlier, greatestOf(events, earlier));
  }
});

function greatestOf(events: Stream["events"], least: number): number {
  return events.reduce(
    (max, { at, receivedAt }) => (receivedAt === undefined ? Math.max(max, at) : max),
    least,
  );
}

test("of what a stretch holds nothing but what is far too late is older than the one before", () => {
  const stretches = Map.groupBy(stream.events, ({ round }) => stream.rounds[round]!.stretch);
  let end = -Infinity;
  for (const [, events] of [...stretches].sort(([a], [b]) => a - b)) {
    const older = events.filter(({ at }) => at <= end);
    expect(older.every(({ at }) => at < end - 2 * 3_600_000)).toBe(true);
    end = events.reduce((max, { at }) => Math.max(max, at), end);
  }
});
