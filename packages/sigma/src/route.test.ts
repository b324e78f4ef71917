import { expect, test } from "vitest";
import { createEvent } from "./event.ts";
import { loadRules } from "./load.ts";
import { applies, routeRules } from "./route.ts";
import type { Logsource } from "./rule.ts";

const sshd = { product: "linux", category: "authentication", service: "sshd" };

test.each<[string, Logsource, Logsource, boolean]>([
  ["a rule that names one key applies to records with more", { category: "authentication" }, sshd, true],
  ["every key that a rule names must be equal", { product: "linux", service: "sudo" }, sshd, false],
  ["a key that the record lacks is not equal", { category: "authentication" }, { product: "linux" }, false],
  ["case does not count", { product: "Linux" }, { product: "LINUX" }, true],
])("%s", (_claim, rule, event, expected) => {
  expect(applies(rule, event)).toBe(expected);
});

const text = (title: string, logsource: string) =>
  `title: ${title}\nlogsource: ${logsource}\ndetection: { s: { f: x }, condition: s }\n`;

test("only rules that apply are candidates, in the order of the set", () => {
  const { rules } = loadRules([
    { file: "1", text: text("one", "{ product: linux }") },
    { file: "2", text: text("two", "{ product: windows }") },
    { file: "3", text: text("three", "{ service: sshd }") },
  ]);
  const routes = routeRules(rules);
  const titles = (logsource: Logsource) =>
    routes.candidates(createEvent({ scopes: [], logsource })).map((rule) => rule.title);
  expect(titles(sshd)).toEqual(["one", "three"]);
  expect(titles(sshd)).toEqual(["one", "three"]);
  expect(titles({})).toEqual([]);
});

test("senders that invent logsources without end do not fill the memory or change the answer", () => {
  const { rules } = loadRules([{ file: "1", text: text("one", "{ product: linux }") }]);
  const routes = routeRules(rules);
  for (let index = 0; index < 2500; index += 1) {
    const logsource = { product: "linux", service: `s${index}` };
    expect(routes.candidates(createEvent({ scopes: [], logsource }))).toHaveLength(1);
  }
});
