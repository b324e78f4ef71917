import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { createEvent } from "./event.ts";
import { loadRules } from "./load.ts";
import type { DetectionRule, RuleSet } from "./rule.ts";

const corpus = process.env.AUDITFLOW_CORPUS;
const folder = join(corpus ?? "", "sigmahq");
let set: RuleSet;

beforeAll(() => {
  if (corpus === undefined || !existsSync(folder)) {
    throw new Error(
      "Set AUDITFLOW_CORPUS to the folder that holds sigmahq/ (the SigmaHQ rules and regression data)",
    );
  }
  const files = globSync(join(folder, "rules*/**/*.yml")).sort();
  set = loadRules(files.map((file) => ({ file, text: readFileSync(file, "utf8") })));
});

test("every SigmaHQ rule loads but the 25 that need a table of placeholders", () => {
  const faulty = new Set(set.problems.map((problem) => problem.file));
  expect(set.rules).toHaveLength(3755);
  expect(faulty.size).toBe(25);
  expect(set.problems.filter((problem) => !problem.message.includes("modifier expand"))).toEqual([]);
});

test("every SigmaHQ regression event matches the rule it was recorded for", () => {
  const rules = new Map(set.rules.map((rule) => [rule.id, rule]));
  const failures: string[] = [];
  let events = 0;
  const files = globSync(join(folder, "regression_data/**/*.json"));
  for (const file of files) {
    const info = parse(readFileSync(join(dirname(file), "info.yml"), "utf8")) as RegressionInfo;
    const { id, title } = info.rule_metadata[0]!;
    const rule = rules.get(id) as DetectionRule | undefined;
    const records = recordsOf(readFileSync(file, "utf8"));
    events += records.length;
    const matched = records.filter((record) =>
      rule?.matches(createEvent({ scopes: [record], logsource: {} })),
    );
    const wanted = info.regression_tests_info[0]?.match_count ?? 1;
    if (matched.length < wanted)
      failures.push(`${title}: ${matched.length} of ${records.length} events match`);
  }
  expect(failures).toEqual([]);
  expect([files.length, events]).toEqual([202, 238]);
});

interface RegressionInfo {
  readonly rule_metadata: readonly { readonly id: string; readonly title: string }[];
  readonly regression_tests_info: readonly { readonly match_count?: number }[];
}

interface WindowsEvent {
  readonly Event: {
    readonly System: Record<string, unknown>;
    readonly EventData?: Record<string, unknown> | null;
    readonly UserData?: Record<string, unknown> | null;
  };
}

/** A file holds one event or several behind each other; each is flattened as the specification says. */
function recordsOf(text: string): Record<string, unknown>[] {
  const events = text.trim().split(/(?<=^\})\s*(?=^\{)/mu);
  return events.map((event) => flatten(JSON.parse(event) as WindowsEvent));
}

function flatten({ Event: { System, EventData, UserData } }: WindowsEvent): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const section of [System, EventData ?? {}, ...Object.values(UserData ?? {})]) {
    for (const [key, value] of Object.entries(section as Record<string, unknown>)) {
      const { "#attributes": attributes, "#text": text } = Object(value) as Record<string, unknown>;
      for (const [name, held] of Object.entries(Object(attributes) as object))
        record[`${key}_${name}`] = held;
      const plain = text ?? (attributes === undefined ? value : undefined);
      if (plain !== undefined) record[key.replaceAll(" ", "")] = plain;
    }
  }
  return record;
}
