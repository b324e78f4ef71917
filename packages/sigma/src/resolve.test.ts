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
    ["temporal_ordered of one rule", { type: "temporal_ordered" }, "an order needs two rules"],
  ])("%s is a fault", (_claim, fields, message) => {
    const set = load(correlation("a", fields));
    expect(messagesOf(set)).toContain(message);
    expect(set.rules.map(({ name }) => name)).toEqual(["one", "two"]);
  });
});

describe("a condition", () => {
  test.each([[{ gt: 100, lte: 200 }], [{ lt: 3 }], [{ eq: 2 }], [{ neq: 2 }], [{ gte: 5000 }]])(
    "of bounds such as %j is as written",
    (condition) => {
      expect(ruleOf(load(correlation("a", { condition })), "a").condition).toEqual(condition);
    },
  );

  test("of a numeric kind names one field and may have any number as a bound", () => {
    for (const type of ["value_sum", "value_avg", "value_median"]) {
      const set = load(correlation("a", { type, condition: { field: "bytes", gt: -1.5, lt: 7 } }));
      expect(ruleOf(set, "a")).toMatchObject({ type, condition: { field: ["bytes"], gt: -1.5, lt: 7 } });
    }
    const many = load(correlation("a", { type: "value_sum", condition: { field: ["in", "out"], gt: 1 } }));
    expect(messagesOf(many)).toContain("numbers in one field");
  });

  test("of a percentile has the median where nothing is said", () => {
    const percentile = (more: object) =>
      load(correlation("a", { type: "value_percentile", condition: { field: "ms", gte: 9, ...more } }));
    expect(ruleOf(percentile({}), "a").condition.percentile).toBe(50);
    expect(ruleOf(percentile({ percentile: 99.9 }), "a").condition.percentile).toBe(99.9);
    expect(messagesOf(percentile({ percentile: 101 }))).toContain("from 0 to 100");
    expect(messagesOf(load(correlation("a", { condition: { gte: 2, percentile: 1 } })))).toContain(
      "event_count takes no percentile",
    );
  });

  test("of an order may ask for some of its rules", () => {
    const ordered = { type: "temporal_ordered", rules: ["one", "two"] };
    expect(ruleOf(load(correlation("a", { ...ordered, condition: { gte: 1 } })), "a").condition).toEqual({
      gte: 1,
    });
  });

  test("in words may leave out the rules, whose order is that of first mention", () => {
    const worded = (condition: string, type = "temporal") =>
      ruleOf(load(correlation("a", { type, rules: undefined, condition })), "a");
    const [one, two] = load().rules.map(({ id }) => id);
    expect(worded("two and one", "temporal_ordered")).toMatchObject({
      rules: [two, one],
      condition: { gte: 2 },
    });
    expect(worded("one or two")).toMatchObject({ rules: [one, two], condition: { gte: 1 } });
    const refusing = worded("one and not two");
    expect(refusing).toMatchObject({ rules: [one, two], condition: {} });
    expect(refusing.expression).toEqual({
      kind: "and",
      of: [
        { kind: "rule", id: one },
        { kind: "not", of: { kind: "rule", id: two } },
      ],
    });
    expect(worded("two and not one").version).not.toBe(refusing.version);
    expect(worded("one and two").expression).toBeUndefined();
  });

  test("in words finds rules that it calls otherwise than the list does", () => {
    const [one] = load().rules.map(({ id }) => id);
    const set = load(
      correlation("a", { type: "temporal", rules: [one, "two"], condition: `two and not one` }),
    );
    expect(ruleOf(set, "a").rules[1]).toBe(one);
  });

  test.each([
    ["leaves out a rule", "one", 'the rule "two" is among rules but not in the condition'],
    ["names another rule", "one and two and tree", '"tree" is not among rules'],
    ["only refuses", "not one and not two", "ask for one as well"],
    ["chooses by pattern", "1 of one and two", "write out the rules"],
    ["is none", "one and (two", "never closed"],
  ])("in words that %s is a fault", (_claim, condition, message) => {
    const set = load(correlation("a", { type: "temporal", rules: ["one", "two"], condition }));
    expect(messagesOf(set)).toContain(message);
    expect(set.rules.map(({ name }) => name)).toEqual(["one", "two"]);
  });

  test("in words is for temporal kinds only", () => {
    expect(messagesOf(load(correlation("a", { condition: "one" })))).toContain("must be a map");
  });
});

test("a correlation has tags, and a reference to what is no rule is told with what was meant", () => {
  const tagged = `---\n${JSON.stringify({
    title: "T",
    name: "tagged",
    tags: ["attack.t1110"],
    correlation: { type: "event_count", rules: ["one"], timespan: "5m", condition: { gte: 2 } },
  })}\n`;
  expect(ruleOf(load(tagged), "tagged").tags).toEqual(["attack.t1110"]);
  expect(messagesOf(load(correlation("a", { rules: ["tow"], ...counting })))).toContain(
    '(did you mean "two"?)',
  );
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

  test("may group and count by what the inner one does not group by", () => {
    const counted = { type: "value_count", condition: { field: "ip", gte: 2 }, "group-by": ["host"] };
    expect(messagesOf(load(inner, correlation("outer", { ...counted, rules: ["inner", "two"] })))).toBe("");
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
