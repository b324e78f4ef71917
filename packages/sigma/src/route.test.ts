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
    routes.candidates(createEvent({ scopes: [{ f: "x" }], logsource })).map((rule) => rule.title);
  expect(titles(sshd)).toEqual(["one", "three"]);
  expect(titles(sshd)).toEqual(["one", "three"]);
  expect(titles({})).toEqual([]);
});

test("senders that invent logsources without end do not fill the memory or change the answer", () => {
  const { rules } = loadRules([{ file: "1", text: text("one", "{ product: linux }") }]);
  const routes = routeRules(rules);
  for (let index = 0; index < 2500; index += 1) {
    const logsource = { product: "linux", service: `s${index}` };
    expect(routes.candidates(createEvent({ scopes: [{ f: "x" }], logsource }))).toHaveLength(1);
  }
});

const one = (detection: string) =>
  loadRules([{ file: "1", text: `title: T\nlogsource: { product: p }\ndetection:\n${detection}\n` }]).rules;

test.each<[string, string, Record<string, unknown>, boolean]>([
  ["the value of another rule is no reason to ask", "  s: { f: x }\n  condition: s", { f: "y" }, false],
  ["a rule is asked where its value stands", "  s: { f: X }\n  condition: s", { f: "x" }, true],
  ["any member of an array may hold it", "  s: { f: x }\n  condition: s", { f: ["a", "x"] }, true],
  [
    "a start is looked for at the start alone",
    "  s: { f|startswith: ab }\n  condition: s",
    { f: "cab" },
    false,
  ],
  ["an end is looked for at the end alone", "  s: { f|endswith: ab }\n  condition: s", { f: "abc" }, false],
  ["a field that must be there is asked for", "  s: { f|exists: true }\n  condition: s", {}, false],
  ["what must not hold is no condition of the index", "  s: { f: x }\n  condition: not s", {}, true],
  [
    "keywords are looked for in every value",
    "  s: [fatal]\n  condition: s",
    { a: { b: "a FATAL error" } },
    true,
  ],
  ["without any keyword the rule is not asked", "  s: [fatal]\n  condition: s", { a: "none" }, false],
])("%s", (_claim, detection, record, expected) => {
  const event = createEvent({ scopes: [record], logsource: { product: "p" } });
  expect(routeRules(one(detection)).candidates(event).length > 0).toBe(expected);
});

test("of what a rule needs the index takes what the fewest rules ask for", () => {
  const { rules } = loadRules(
    ["CreateUser", "DeleteUser", "StopLogging"].map((name) => ({
      file: name,
      text: `title: ${name}\nlogsource: { product: aws }\ndetection: { s: { eventSource: iam.amazonaws.com, eventName: ${name} }, condition: s }\n`,
    })),
  );
  const routes = routeRules(rules);
  const witnesses = rules.map((rule) => rule.kind === "detection" && routes.witnessOf(rule));
  expect(witnesses).toEqual([
    [{ field: "eventName", place: "whole", text: "createuser" }],
    [{ field: "eventName", place: "whole", text: "deleteuser" }],
    [{ field: "eventName", place: "whole", text: "stoplogging" }],
  ]);
});

test("what the index learns from a stream changes which rules are asked, and no answer", () => {
  const { rules } = loadRules(
    ["read", "write", "drop"].map((verb) => ({
      file: verb,
      text: `title: ${verb}\nlogsource: { product: p }\ndetection: { s: { verb: ${verb}, who|contains: [root, adm, ${verb}er] }, condition: s }\n`,
    })),
  );
  const routes = routeRules(rules);
  const event = (verb: string, who: string) =>
    createEvent({ scopes: [{ verb, who }], logsource: { product: "p" } });
  let asked = 0;
  let matches = 0;
  // More than the index waits for before it learns, twice.
  for (let index = 0; index < 6000; index += 1) {
    const seen = event("read", index % 100 === 0 ? "a reader" : "nobody");
    const candidates = routes.candidates(seen);
    if (index >= 5000) asked += candidates.length;
    matches += candidates.filter((rule) => rule.matches(seen)).length;
  }
  expect(matches).toBe(60);
  expect(asked).toBe(10);
  const last = event("drop", "root");
  const matching = routes.candidates(last).filter((rule) => rule.matches(last));
  expect(matching.map(({ title }) => title)).toEqual(["drop"]);
});
