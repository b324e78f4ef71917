import { describe, expect, test } from "vitest";
import { createEvent } from "./event.ts";
import { loadRules, silentRules } from "./load.ts";
import type { DetectionRule, RuleSet } from "./rule.ts";

const rules = `title: Logins
name: logins
id: 5f1e2d3c-0000-4000-8000-000000000001
logsource: { product: Linux, service: sshd }
detection: { login: { action: login }, condition: login }
---
title: Reads
name: reads
logsource: { product: linux }
detection: { selection: { action: read }, condition: selection }
`;

/** A filter document; what is written here replaces the usual. */
function filter(fields: Readonly<Record<string, unknown>>): string {
  const { title, id, logsource, ...section } = fields;
  const usual = { rules: ["logins"], selection: { "user|startswith": "adm_" }, condition: "not selection" };
  const document = {
    title: title ?? "Admins",
    id,
    description: "What admins do",
    logsource: logsource ?? { product: "linux" },
    filter: { ...usual, ...section },
  };
  return `${JSON.stringify(document)}\n`;
}

function load(...filters: readonly string[]): RuleSet {
  return loadRules([
    { file: "filters.yml", text: filters.join("---\n") },
    { file: "rules.yml", text: rules },
  ]);
}

function named(set: RuleSet, name: string): DetectionRule {
  const rule = set.rules.find((candidate) => candidate.name === name);
  if (rule?.kind !== "detection") throw new Error(JSON.stringify(set.problems));
  return rule;
}

function holds(set: RuleSet, name: string, record: Readonly<Record<string, unknown>>): boolean {
  return named(set, name).matches(createEvent({ scopes: [record], logsource: {} }));
}

function told(list: RuleSet["warnings"]): string[] {
  return list.map(({ file, line, field, message }) => `${file}:${line} ${field} ${message}`);
}

const admin = { action: "login", user: "adm_eve" };
const mallory = { action: "login", user: "mallory" };

describe("a filter", () => {
  test("lets the rules that it names match only where it holds too", () => {
    const set = load(filter({}));
    expect(told([...set.problems, ...set.warnings])).toEqual([]);
    expect([admin, mallory, { user: "mallory" }].map((record) => holds(set, "logins", record))).toEqual([
      false,
      true,
      false,
    ]);
    expect(holds(set, "reads", { action: "read", user: "adm_eve" })).toBe(true);
  });

  test("is told with the rules that it narrows, and is itself no rule", () => {
    const set = load(filter({}));
    expect(set.rules.map(({ title }) => title)).toEqual(["Logins", "Reads"]);
    const { id } = named(set, "logins");
    expect(set.filters).toMatchObject([
      {
        kind: "filter",
        title: "Admins",
        description: "What admins do",
        rules: [id],
        file: "filters.yml",
        line: 1,
      },
    ]);
    expect(named(set, "logins").filters).toEqual([set.filters[0]?.id]);
    expect(named(set, "reads").filters).toEqual([]);
  });

  test("leaves the reasons and the necessary condition of a rule as they are, and adds the fields that it reads", () => {
    const set = load(filter({}));
    const rule = named(set, "logins");
    const event = createEvent({ scopes: [mallory], logsource: {} });
    expect(rule.explain(event)).toEqual([{ selection: "login", field: "action", value: "login" }]);
    expect(rule.needs).toEqual(named(load(), "logins").needs);
    expect(rule.fields).toEqual(["action", "user"]);
  });

  test.each([
    ["an id", "5F1E2D3C-0000-4000-8000-000000000001", ["logins"]],
    ["a list", ["reads", "5f1e2d3c-0000-4000-8000-000000000001"], ["logins", "reads"]],
    ["any, for all that its logsource fits", "any", ["logins", "reads"]],
    ["any in a list", ["any"], ["logins", "reads"]],
  ])("names rules by %s", (_claim, references, narrowed) => {
    const set = load(filter({ rules: references }));
    const having = set.rules.filter((rule) => rule.kind === "detection" && rule.filters.length > 0);
    expect(having.map(({ name }) => name)).toEqual(narrowed);
    expect(told([...set.problems, ...set.warnings])).toEqual([]);
  });

  test("holds where each key of its logsource equals the rule's, whatever the case", () => {
    const narrowed = (logsource: object) =>
      load(filter({ rules: "any", logsource })).filters[0]?.rules.length;
    expect(narrowed({ product: "LINUX" })).toBe(2);
    expect(narrowed({ service: "sshd" })).toBe(1);
    expect(narrowed({ product: "linux", service: "sshd" })).toBe(1);
    expect(narrowed({ product: "linux", category: "x" })).toBe(0);
  });

  test("means its own selections by them and by patterns, whatever those of the rule are called", () => {
    const own = { login: { user: "root" }, other: { user: "toor" } };
    const text = JSON.stringify({
      title: "F",
      logsource: { product: "linux" },
      filter: { rules: "logins", ...own, condition: "not 1 of them" },
    });
    const set = load(text);
    expect(holds(set, "logins", { action: "login", user: "toor" })).toBe(false);
    expect(holds(set, "logins", mallory)).toBe(true);
  });

  test("joins others by and, so that each can only take away", () => {
    const set = load(filter({}), filter({ title: "Hosts", rules: "any", selection: { host: "test" } }));
    expect(holds(set, "logins", { ...mallory, host: "test" })).toBe(false);
    expect(holds(set, "logins", mallory)).toBe(true);
    expect(named(set, "logins").filters).toHaveLength(2);
  });

  test("may have placeholders, which are in the version of the rules", () => {
    const version = (value: string) => {
      const set = load(
        filter({ selection: { "user|expand": "%who%" } }),
        `placeholders: { who: ${value} }\n`,
      );
      expect(holds(set, "logins", { action: "login", user: value })).toBe(false);
      return named(set, "logins").version;
    };
    expect(version("eve")).not.toBe(version("bob"));
  });

  test("changes the version of its rules by what it holds for, and by nothing else", () => {
    const version = (...filters: string[]) => named(load(...filters), "logins").version;
    const bare = version();
    expect(version(filter({}))).not.toBe(bare);
    expect(version(filter({ rules: "reads" }))).toBe(bare);
    expect(version(filter({ title: "Other", rules: "any", logsource: { service: "sshd" } }))).toBe(
      version(filter({})),
    );
    expect(version(filter({ condition: "not not not selection" }))).not.toBe(version(filter({})));
    const second = filter({ title: "Second", selection: { host: "test" } });
    expect(version(filter({}), second)).toBe(version(second, filter({})));
  });

  test("leaves the rule that a correlation counts narrowed", () => {
    const counting = `${JSON.stringify({
      title: "Many",
      correlation: { type: "event_count", rules: ["logins"], timespan: "5m", condition: { gte: 3 } },
    })}\n`;
    const versions = [load(counting), load(counting, filter({}))].map(
      (set) => set.rules.find(({ kind }) => kind === "correlation")?.version,
    );
    expect(new Set(versions).size).toBe(2);
    expect([...silentRules(load(counting, filter({})).rules)]).toHaveLength(1);
  });
});

describe("a filter goes on for the others and warns", () => {
  test.each([
    [
      "of a rule that is not there",
      ["logins", "raeds"],
      'filter.rules.1 no rule has the id or name "raeds" (did you mean "reads"?)',
    ],
    ["of a filter", ["logins", "01234567-0000-4000-8000-000000000001"], "is a filter"],
    ["of a single rule that is not there", "raeds", "filter.rules no rule has"],
  ])("%s", (_claim, references, message) => {
    const set = load(filter({ rules: references, id: "01234567-0000-4000-8000-000000000001" }));
    expect(told(set.problems)).toEqual([]);
    expect(told(set.warnings).join("\n")).toContain(message);
    expect(set.filters).toHaveLength(1);
    expect(holds(set, "logins", admin)).toBe(!Array.isArray(references));
  });

  test("of a rule that its logsource does not fit", () => {
    const set = load(filter({ rules: ["logins", "reads"], logsource: { service: "sshd" } }));
    expect(told(set.warnings).join("\n")).toContain(
      'filter.rules.1 the rule "reads" is not narrowed: its logsource is {"product":"linux"} (rules.yml:7)',
    );
    expect(holds(set, "logins", admin)).toBe(false);
    expect(named(set, "reads").filters).toEqual([]);
  });

  test("of a rule that has faults of its own", () => {
    const bad = `${rules.replace("action: read", "action|like: read")}`;
    const set = loadRules([
      { file: "rules.yml", text: bad },
      { file: "f.yml", text: filter({ rules: ["logins", "reads"] }) },
    ]);
    expect(told(set.warnings).join("\n")).toContain('the rule "reads" has faults of its own (rules.yml:7)');
    expect(holds(set, "logins", admin)).toBe(false);
  });

  test("of a set without any rule of its logsource", () => {
    const set = load(filter({ rules: "any", logsource: { product: "windows" } }));
    expect(told(set.warnings).join("\n")).toContain("logsource no rule of the set has this logsource");
  });

  test.each([
    ["selection", "condition: not selection"],
    ["selection or selection", "condition: not (selection or selection)"],
  ])("of the condition %j, which excludes nothing", (condition, advice) => {
    const set = load(filter({ condition }));
    expect(told(set.warnings).join("\n")).toContain(advice);
    expect([holds(set, "logins", admin), holds(set, "logins", mallory)]).toEqual([true, false]);
  });

  test("of no lack of not where neq says it", () => {
    const set = load(filter({ selection: { "user|neq": "eve" }, condition: "selection" }));
    expect(set.warnings).toEqual([]);
  });
});

describe("a filter is refused, and narrows nothing", () => {
  test.each([
    ["without a title", { title: "" }, "title must be a text"],
    [
      "without rules",
      { rules: undefined },
      "filter rules is missing; name the rules to narrow, or write rules: any",
    ],
    ["with an empty list of rules", { rules: [] }, "filter.rules the list is empty"],
    ["with a rule twice", { rules: ["logins", "logins"] }, 'filter.rules.1 "logins" stands there twice'],
    ["with a number as rule", { rules: [7] }, "filter.rules.0 must be the id or name"],
    ["with any beside others", { rules: ["logins", "any"] }, "write rules: any"],
    [
      "without a logsource that routes",
      { logsource: { definition: "x" } },
      "logsource the logsource must name",
    ],
    ["without a condition", { condition: undefined }, "filter the condition is missing"],
    ["that asks for what it has not", { condition: "not selektion" }, '(did you mean "selection"?)'],
    [
      "that asks for a selection of the rule",
      { condition: "not login" },
      'filter.condition there is no selection "login"',
    ],
    [
      "with a bad modifier",
      { selection: { "user|liek": "x" } },
      "filter.selection.user|liek there is no modifier",
    ],
    ["that counts", { condition: "selection | count() > 5" }, "filter.condition a condition counts nothing"],
    ["with a placeholder that nothing fills", { selection: { "user|expand": "%x%" } }, "no table fills"],
  ])("%s", (_claim, fields, message) => {
    const set = load(filter(fields));
    expect(told(set.problems).join("\n")).toContain(message);
    expect(set.filters).toEqual([]);
    expect(holds(set, "logins", admin)).toBe(true);
  });

  test("that is no map", () => {
    const set = load("title: F\nlogsource: { product: linux }\nfilter: [x]\n");
    expect(told(set.problems)[0]).toContain("filters.yml:3 filter filter must be a map");
  });

  test("that names a correlation", () => {
    const counting = `title: Many\nname: many\ncorrelation: { type: event_count, rules: [reads], timespan: 5m, condition: { gte: 3 } }\n`;
    const set = load(filter({ rules: ["logins", "many"] }), counting);
    expect(told(set.problems)).toEqual([
      'filters.yml:1 filter.rules.1 "many" is a correlation; name the rules that it counts',
    ]);
    expect(holds(set, "logins", admin)).toBe(true);
  });

  test("that has the id of another", () => {
    const set = load(filter({}), filter({ selection: { host: "x" } }));
    expect(set.filters).toHaveLength(1);
    expect(told(set.problems)[0]).toContain("add an id");
  });
});
