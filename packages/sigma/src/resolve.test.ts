import { describe, expect, test } from "vitest";
import { loadRules, silentRules } from "./load.ts";
import type { RuleSet } from "./rule.ts";

const detections = ["one", "two"]
  .map(
    (name) =>
      `title: ${name}\nname: ${name}\nlogsource: { product: linux }\ndetection: { s: { f: ${name} }, condition: s }\n`,
  )
  .join("---\n");

/** A correlation document; what is written here replaces the usual. */
function correlation(name: string, fields: Readonly<Record<string, unknown>>): string {
  const usual = { type: "event_count", rules: ["one"], "group-by": ["user"], timespan: "5m" };
  const { level, ...rest } = fields;
  const document = { title: name, name, level, correlation: { ...usual, ...rest } };
  return `---\n${JSON.stringify(document)}\n`;
}

function load(...documents: readonly string[]): RuleSet {
  return loadRules([{ file: "rules.yml", text: `${detections}${documents.join("")}` }]);
}

function ruleOf(set: RuleSet, name: string) {
  const rule = set.rules.find((candidate) => candidate.name === name);
  if (rule?.kind !== "correlation") throw new Error(JSON.stringify(set.problems));
  return rule;
}

function messagesOf({ problems }: RuleSet): string {
  return problems.map(({ line, field, message }) => `${line} ${field} ${message}`).join("\n");
}

const counting = { condition: { gte: 2 } };

describe("the kinds of correlation", () => {
  test("value_count counts the values of one field or the combinations of several", () => {
    const kind = { type: "value_count" };
    const set = load(
      correlation("a", { ...kind, condition: { field: "ip", gte: 4 } }),
      correlation("b", { ...kind, condition: { field: ["ip", "host"], gt: 4 } }),
    );
    expect(ruleOf(set, "a")).toMatchObject({ type: "value_count", condition: { field: ["ip"], gte: 4 } });
    expect(ruleOf(set, "b").condition).toEqual({ field: ["ip", "host"], gt: 4 });
  });

  test("temporal asks for all of its rules, or for so many of them", () => {
    const kind = { type: "temporal", rules: ["two", "one"] };
    const set = load(correlation("a", kind), correlation("b", { ...kind, condition: { gte: 1 } }));
    expect(ruleOf(set, "a")).toMatchObject({ type: "temporal", condition: { gte: 2 } });
    expect(ruleOf(set, "b").condition).toEqual({ gte: 1 });
  });

  test("temporal_ordered asks for all of its rules in their order, which is part of its version", () => {
    const versions = [
      ["one", "two"],
      ["two", "one"],
    ].map((rules) => {
      const rule = ruleOf(load(correlation("a", { type: "temporal_ordered", rules })), "a");
      expect(rule.condition).toEqual({ gte: 2 });
      return rule.version;
    });
    expect(new Set(versions).size).toBe(2);
  });

  test("the version of a value_count covers its field", () => {
    const versions = ["ip", "host"].map(
      (field) =>
        ruleOf(load(correlation("a", { type: "value_count", condition: { field, gte: 2 } })), "a").version,
    );
    expect(new Set(versions).size).toBe(2);
  });

  test("the version of an event_count is what it was before there were other kinds", () => {
    expect(ruleOf(load(correlation("a", { condition: { gte: 3 } })), "a").version).toBe("3b4907f8");
  });

  test.each([
    ["value_count without a field", { type: "value_count", ...counting }, "add the field"],
    ["value_count without a bound", { type: "value_count", condition: { field: "ip" } }, "has no bound"],
    ["value_count without a condition", { type: "value_count" }, "must be a map"],
    [
      "value_count of a field twice",
      { type: "value_count", condition: { field: ["ip", "ip"], gte: 2 } },
      "a list of different ones",
    ],
    [
      "value_count of no field",
      { type: "value_count", condition: { field: [], gte: 2 } },
      "the name of a field",
    ],
    [
      "an alias to count that leaves a rule out",
      { type: "value_count", condition: { field: "a", gte: 2 }, aliases: { a: {} } },
      "names no field for",
    ],
    ["event_count with a field", { condition: { field: "ip", gte: 2 } }, "takes no field"],
    ["temporal with a field", { type: "temporal", condition: { field: "ip", gte: 1 } }, "takes no field"],
    ["temporal that asks for more rules than it has", { type: "temporal", ...counting }, "from 1 to 1"],
    [
      "temporal in words",
      { type: "temporal", condition: "one and not two" },
      "in words is not supported yet",
    ],
    [
      "temporal_ordered with a condition",
      { type: "temporal_ordered", rules: ["one", "two"], ...counting },
      "takes no condition",
    ],
    ["temporal_ordered of one rule", { type: "temporal_ordered" }, "an order needs two rules"],
  ])("%s is a fault", (_claim, fields, message) => {
    const set = load(correlation("a", fields));
    expect(messagesOf(set)).toContain(message);
    expect(set.rules.map(({ name }) => name)).toEqual(["one", "two"]);
  });
});

describe("a chain of correlations", () => {
  const inner = correlation("inner", { ...counting, level: "high" });
  const outer = correlation("outer", { ...counting, rules: ["inner", "two"] });

  test("is found whatever the order of the documents, and takes the strongest level", () => {
    const set = load(correlation("top", { ...counting, rules: ["outer"] }), outer, inner);
    expect(set.problems).toEqual([]);
    expect(ruleOf(set, "outer").rules).toEqual([ruleOf(set, "inner").id, set.rules[1]!.id]);
    expect(ruleOf(set, "top").level).toBe("high");
  });

  test("has a version that covers the correlations it counts", () => {
    const before = ruleOf(load(inner, outer), "outer").version;
    const after = ruleOf(load(correlation("inner", { condition: { gte: 3 } }), outer), "outer").version;
    expect(after).not.toBe(before);
  });

  test("silences the correlations it counts unless it says generate", () => {
    const silent = (set: RuleSet) =>
      set.rules.filter(({ id }) => silentRules(set.rules).has(id)).map(({ name }) => name);
    expect(silent(load(inner, outer))).toEqual(["one", "two", "inner"]);
    const generating = correlation("outer", { ...counting, rules: ["inner"], generate: true });
    expect(silent(load(inner, generating))).toEqual(["one"]);
  });

  test.each([
    [
      "groups by what the inner one does not",
      { "group-by": ["user", "host"] },
      '"host" is not among the group-by',
    ],
    [
      "counts a value that the inner one does not group by",
      { type: "value_count", condition: { field: "ip", gte: 2 } },
      '"ip" is not among the group-by of "inner" (that is user)',
    ],
    [
      "has an alias to such a field",
      { "group-by": ["who"], aliases: { who: { inner: "uid", two: "user" } } },
      '"uid" is not among',
    ],
  ])("that %s is a fault", (_claim, fields, message) => {
    const set = load(inner, correlation("outer", { ...counting, rules: ["inner", "two"], ...fields }));
    expect(messagesOf(set)).toContain(message);
    expect(set.rules.map(({ name }) => name)).toEqual(["one", "two", "inner"]);
  });

  test("may name a field of the inner group by an alias, and group by less", () => {
    const finer = correlation("inner", { ...counting, "group-by": ["user", "host"] });
    const aliases = { who: { inner: "user", two: "uid" } };
    const set = load(
      finer,
      correlation("outer", { ...counting, rules: ["inner", "two"], "group-by": ["who"], aliases }),
    );
    expect(set.problems).toEqual([]);
  });

  test("that goes round in a circle is a fault of each rule in it, told with the place and the way", () => {
    const set = load(
      correlation("a", { ...counting, rules: ["one", "b"] }),
      correlation("b", { ...counting, rules: ["a"] }),
      correlation("c", { ...counting, rules: ["b"] }),
      correlation("d", { ...counting, rules: ["d"] }),
      inner,
    );
    expect(set.rules.map(({ name }) => name)).toEqual(["one", "two", "inner"]);
    const messages = messagesOf(set).split("\n");
    expect(messages).toHaveLength(4);
    expect(messages[0]).toMatch(/^11 correlation.rules.1 .*but a counts b counts a; /);
    expect(messages[1]).toMatch(/^13 correlation.rules.0 .*but b counts a counts b; /);
    expect(messages[2]).toMatch(
      /^15 correlation.rules.0 the rule "b" has faults of its own \(rules.yml:13\)/,
    );
    expect(messages[3]).toContain("but d counts d; ");
  });
});
