import { expect, test } from "vitest";
import { closest, didYouMean } from "./suggest.ts";

const words = ["contains", "startswith", "endswith", "re", "all", "detection", "high"];

test.each([
  ["contain", "contains"],
  ["Contains", "contains"],
  ["starstwith", "startswith"],
  ["detetcion", "detection"],
  ["hihg", "high"],
  ["al", "all"],
  ["constructor", undefined],
  ["reflection", undefined],
  ["regex", undefined],
  ["x", undefined],
  ["", undefined],
  ["contains".repeat(100), undefined],
])("for %j stands %j", (written, meant) => {
  expect(closest(written, words)).toBe(meant);
});

test("of two that are as close, the one with the same letters is meant", () => {
  expect(closest("get", ["gt", "gte"])).toBe("gte");
});

test("nothing is asked where no word is close", () => {
  expect(didYouMean("levle", ["level"])).toBe(' (did you mean "level"?)');
  expect(didYouMean("x", ["level"])).toBe("");
  expect(didYouMean(1, ["level"])).toBe("");
});
