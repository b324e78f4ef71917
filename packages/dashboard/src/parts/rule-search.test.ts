import { expect, test } from "vitest";
import {
  isNarrowed,
  levelsOf,
  orderOf,
  readRulesSearch,
  sortedBy,
  toggleLevel,
  widened,
} from "./rule-search.ts";

test("what an address says of no rule is left out", () => {
  expect(readRulesSearch({ level: "worst,HIGH", kind: "filter", state: "odd", sort: "-colour" })).toEqual({
    level: "high",
  });
  expect(readRulesSearch({ find: "  ", rule: "", sort: "-level" })).toEqual({});
  expect(readRulesSearch({ find: 4625, rule: "r", sort: "-alerts" })).toEqual({
    ...{ find: "4625", rule: "r", sort: "-alerts" },
  });
});

test("levels are chosen one by one, and all of them are none", () => {
  const high = toggleLevel({}, "high");
  expect(levelsOf(high)).toEqual(["high"]);
  const two = toggleLevel(high, "critical");
  expect(two).toEqual({ level: "critical,high" });
  expect(toggleLevel(toggleLevel(two, "critical"), "high")).toEqual({});
});

test("a column is sorted its usual way first, then the other way round", () => {
  const most = sortedBy({ find: "login" }, "matches");
  expect(most).toEqual({ find: "login", sort: "-matches" });
  expect(sortedBy(most, "matches")).toEqual({ find: "login", sort: "matches" });
  expect(sortedBy({}, "title")).toEqual({ sort: "title" });
  expect(orderOf({})).toEqual({ by: "level", descending: true });
  expect(sortedBy({ sort: "title" }, "level")).toEqual({});
});

test("widening keeps the order and the open rule", () => {
  const search = { find: "x", level: "low", sort: "file", rule: "r" };
  expect(isNarrowed(search)).toBe(true);
  expect(widened(search)).toEqual({ sort: "file", rule: "r" });
  expect(isNarrowed(widened(search))).toBe(false);
});
