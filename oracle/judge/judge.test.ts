import { afterAll, beforeAll, expect, test } from "vitest";
import { duration, plainRule, type RuleSpec } from "../rule-spec.ts";
import type { Stream } from "../stream.ts";
import { type Judge, startJudge } from "./judge.ts";

let judge: Judge;

beforeAll(async () => {
  const url = process.env["AUDITFLOW_TEST_POSTGRES_URL"];
  if (!url)
    throw new Error("Set AUDITFLOW_TEST_POSTGRES_URL to a PostgreSQL server whose user may create schemas");
  judge = await startJudge(url);
});

afterAll(() => judge.stop());

type Given = Partial<Stream["events"][number]>;

/** Events of kind a, in rounds of their own, named by their numbers. */
function event(id: number, at: number, given: Given = {}): Stream["events"][number] {
  return {
    ...{ id: String(id), at, round: id, receivedAt: undefined, kinds: ["a"] },
    ...given,
    fields: { user_id: "mallory", ...given.fields },
  };
}

function rule(given: Partial<RuleSpec>): RuleSpec {
  return {
    ...{ name: "rule", comparedAs: "event_count", type: "event_count", rules: ["a"] },
    ...plainRule,
    ...{ timespan: duration("1s"), lateness: duration("1m"), bounds: { gte: 2 } },
    ...given,
  };
}

/** Each alert as `event id of its earliest firing: count`. */
async function alerts(events: Stream["events"], ...rules: RuleSpec[]): Promise<string[]> {
  const found = await judge.judge(events, rules);
  return found.alerts.map(({ eventId, count }) => `${eventId}: ${count}`).sort();
}

const apart = [0, 5000, 10_000, 15_000, 20_000];

test("a window holds what lies exactly one timespan before, and nothing older", async () => {
  expect(await alerts([event(1, 0), event(2, 1000)], rule({}))).toEqual(["2: 2"]);
  expect(await alerts([event(1, 0), event(2, 1001)], rule({}))).toEqual([]);
});

test("events of one time count for each other, and the smallest id names the alert", async () => {
  expect(await alerts([event(2, 0), event(1, 0), event(3, 0)], rule({ bounds: { gte: 3 } }))).toEqual([
    "1: 3",
  ]);
});

test("what is behind the greatest time of its group when it comes is late by more than the lateness only", async () => {
  const latest = event(1, 100_000);
  expect(await alerts([latest, event(2, 40_000), event(3, 40_000)], rule({}))).toEqual(["2: 2"]);
  expect(await alerts([latest, event(2, 39_999), event(3, 39_999)], rule({}))).toEqual([]);
  const others = [event(1, 100_000, { fields: { user_id: "trudy" } }), event(2, 0), event(3, 0)];
  expect(await alerts(others, rule({}))).toEqual(["2: 2"]);
});

test("what comes in one round is late for nothing in it", async () => {
  const together = [event(1, 100_000, { round: 1 }), event(2, 0, { round: 1 }), event(3, 0, { round: 1 })];
  expect(await alerts(together, rule({}))).toEqual(["2: 2"]);
});

test("an event dated more than ten minutes after its arrival makes no other late", async () => {
  const ahead = event(1, 900_000, { receivedAt: 299_999 });
  expect(await alerts([ahead, event(2, 0), event(3, 0)], rule({}))).toEqual(["2: 2"]);
  const almost = event(1, 900_000, { receivedAt: 300_000 });
  expect(await alerts([almost, event(2, 0), event(3, 0)], rule({}))).toEqual([]);
});

test("firings within the gap are one alert over all of their windows", async () => {
  const times = [0, 1000, 2500, 3500, 10_000, 10_500];
  const events = times.map((at, n) => event(n + 1, at));
  expect(await alerts(events, rule({}))).toEqual(["2: 2", "4: 2", "6: 2"]);
  expect(await alerts(events, rule({ refireGap: duration("3s") }))).toEqual(["2: 4", "6: 2"]);
  const [first] = (await judge.judge(events, [rule({ refireGap: duration("3s") })])).alerts;
  expect(first).toEqual({
    ...{ rule: "rule", group: ["mallory"], eventId: "2", firedAt: 1000, count: 4 },
    ...{ firstEventAt: 0, lastEventAt: 3500, evidence: ["1", "2", "3", "4"] },
  });
});

test("an alert suppresses those that begin soon after its first firing, and not those soon after these", async () => {
  const events = apart.map((at, n) => event(n + 1, at));
  const each = rule({ bounds: { gte: 1 } });
  expect(await alerts(events, each)).toEqual(["1: 1", "2: 1", "3: 1", "4: 1", "5: 1"]);
  expect(await alerts(events, { ...each, suppress: duration("10s") })).toEqual(["1: 1", "4: 1"]);
});

test("an event without a value for the group is of no group; without group-by all are of one", async () => {
  const users = ["", "mallory", "trudy"];
  const events = users.map((user_id, n) => event(n + 1, n, { fields: { user_id } }));
  expect(await alerts(events, rule({ bounds: { lt: 2 } }))).toEqual(["2: 1", "3: 1"]);
  expect(await alerts(events, rule({ groupBy: [], bounds: { eq: 3 } }))).toEqual(["3: 3"]);
});

test("an alias reads another field of each rule", async () => {
  const b = event(2, 1, { kinds: ["b"], fields: { user_id: "other", principal: "mallory" } });
  const aliases = { who: { a: "user_id", b: "principal" } };
  expect(await alerts([event(1, 0), b], rule({ rules: ["a", "b"], groupBy: ["who"], aliases }))).toEqual([
    "2: 2",
  ]);
});

test("value_count counts different values, or combinations of them, and skips what has none", async () => {
  const events = [["x", "1"], ["x", "1"], ["x", "2"], ["y"]].map(([host = "", ip = ""], n) =>
    event(n + 1, n, { fields: { host, ip } }),
  );
  const values = rule({ type: "value_count", field: ["host"] });
  expect(await alerts(events, values)).toEqual(["4: 4"]);
  expect(await alerts(events, { ...values, field: ["host", "ip"] })).toEqual(["3: 3"]);
});

/** Events of these kinds a millisecond apart, those of one kind together, `ab` being of both. */
function ofKinds(kinds: readonly string[]): Stream["events"] {
  return kinds.map((kind, n) => event(n + 1, n, { kinds: kind.split("") }));
}

test("temporal counts different rules; without a condition it asks for all", async () => {
  const temporal = rule({ type: "temporal", rules: ["a", "b", "c"], bounds: undefined });
  expect(await alerts(ofKinds(["c", "a", "a", "b"]), temporal)).toEqual(["4: 4"]);
  expect(await alerts(ofKinds(["c", "ab"]), temporal)).toEqual(["2: 3"]);
  expect(await alerts(ofKinds(["c", "a", "a", "b"]), { ...temporal, bounds: { eq: 2 } })).toEqual(["2: 3"]);
});

test("words ask for rules that are in the window and refuse those that are", async () => {
  const temporal = rule({ type: "temporal", rules: ["a", "b", "c"], bounds: undefined });
  const words = { ...temporal, words: { and: ["a", "b", { not: "c" }] } };
  expect(await alerts(ofKinds(["a", "b"]), words)).toEqual(["2: 2"]);
  expect(await alerts(ofKinds(["a", "c", "b"]), words)).toEqual([]);
  const later = [...ofKinds(["c", "a"]), event(3, 1001, { kinds: ["b"] })];
  expect(await alerts(later, words)).toEqual(["3: 2"]);
});

test("temporal_ordered asks for rules one after the other, where those of one time are in any order", async () => {
  const ordered = rule({ type: "temporal_ordered", rules: ["a", "b", "c"], bounds: undefined });
  expect(await alerts(ofKinds(["a", "b", "c"]), ordered)).toEqual(["3: 3"]);
  expect(await alerts(ofKinds(["b", "a", "c"]), ordered)).toEqual([]);
  expect(await alerts(ofKinds(["b", "a", "c"]), { ...ordered, bounds: { eq: 2 } })).toEqual(["3: 3"]);
  expect(await alerts(ofKinds(["abc"]), ordered)).toEqual(["1: 3"]);
  const words = { ...ordered, words: { and: ["b", { not: "c" }, "a"] } };
  expect(await alerts(ofKinds(["b", "a"]), words)).toEqual(["2: 2"]);
  expect(await alerts(ofKinds(["a", "b"]), words)).toEqual([]);
  expect(await alerts(ofKinds(["b", "a", "c"]), words)).toEqual(["2: 2"]);
});

/** Events with these amounts a millisecond apart. */
function ofAmounts(amounts: readonly (number | string)[]): Stream["events"] {
  return amounts.map((amount, n) => event(n + 1, n, { fields: { amount } }));
}

test("sums and averages are exact, and texts that are no numbers are skipped", async () => {
  const sum = rule({ type: "value_sum", field: ["amount"], bounds: { eq: 0.3 } });
  expect(await alerts(ofAmounts([0.1, "none", "0.20"]), sum)).toEqual(["3: 2"]);
  expect(await alerts(ofAmounts([1, 2]), { ...sum, type: "value_avg", bounds: { eq: 1.5 } })).toEqual([
    "2: 2",
  ]);
  expect(await alerts(ofAmounts(["1e1", -3]), { ...sum, bounds: { gt: 6, lte: 7 } })).toEqual(["2: 2"]);
});

test("a percentile lies between two numbers, and the median is the fiftieth", async () => {
  const median = rule({ type: "value_median", field: ["amount"], bounds: { eq: 2.5 } });
  expect(await alerts(ofAmounts([4, 2, 1, 3]), median)).toEqual(["4: 4"]);
  const percentile = { ...median, type: "value_percentile", percentile: 25, bounds: { eq: 1.75 } } as const;
  expect(await alerts(ofAmounts([4, 2, 1, 3]), percentile)).toEqual(["4: 4"]);
});

test("a rule counts the firings of another, which then raises no alerts, unless it is to", async () => {
  const inner = rule({ name: "inner", groupBy: ["user_id", "ip"] });
  const outer = rule({ name: "outer", type: "value_count", rules: ["inner"], field: ["ip"] });
  const events = ["x", "y", "x", "y"].map((ip, n) => event(n + 1, n, { fields: { ip } }));
  expect(await alerts(events, inner, outer)).toEqual(["4: 2"]);
  expect(await alerts(events, inner, { ...outer, generate: true })).toEqual(["3: 2", "4: 2", "4: 2"]);
});

test("what there was to judge is counted by rule, with what came late", async () => {
  const { counts } = await judge.judge([event(1, 100_000), event(2, 0), event(3, 100_000)], [rule({})]);
  expect(counts.get("rule")).toEqual({ members: 3, late: 1, firings: 2 });
});
