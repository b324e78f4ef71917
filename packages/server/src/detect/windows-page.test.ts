import { existsSync, readFileSync } from "node:fs";
import { type CorrelationRule, loadRules } from "@auditflow/sigma";
import { describe, expect, it } from "vitest";
import { judgingOf, windowConditionOf } from "./window-condition.ts";

const root = new URL("../../../../", import.meta.url);
const place = new URL("docs/explanation/windows.md", root);
const page = readFileSync(place, "utf8");

/** What the words of the table stand for; a condition in words is about the rules a, b and c. */
const examples: Readonly<Record<string, unknown>> = {
  "without a condition": undefined,
  "`gt`": { gt: 1 },
  "`gte`": { gte: 2 },
  "`lt`": { lt: 3 },
  "`lte`": { lte: 2 },
  "`eq`": { eq: 2 },
  "`neq`": { neq: 2 },
  ranges: { gte: 2, lt: 3 },
  "words without `not`": "a and b and c",
  "words with `not`": "a and b and not c",
};

const operators = ["`gt`", "`gte`", "`lt`", "`lte`", "`eq`", "`neq`", "ranges"];

function isDecidedAtOnce(type: string, words: string): boolean {
  const example = examples[words];
  const field = type.startsWith("value_") ? { field: "x" } : {};
  const percentile = type === "value_percentile" ? { percentile: 95 } : {};
  const condition = typeof example === "object" ? { ...field, ...percentile, ...example } : example;
  const converted = windowConditionOf(correlationOf(type, condition));
  if (typeof converted === "string") throw new Error(converted);
  return judgingOf(converted).kind !== "later";
}

function correlationOf(type: string, condition: unknown): CorrelationRule {
  const rules = ["a", "b", "c"];
  const counted = rules.map((name) => ({
    ...{ title: name, name, logsource: { category: "test" } },
    detection: { kind: { kinds: name }, condition: "kind" },
  }));
  const rule = { title: "correlation", correlation: { type, rules, timespan: "1m", condition } };
  const text = [rule, ...counted].map((document) => JSON.stringify(document)).join("\n---\n");
  const loaded = loadRules([{ file: "rules.yml", text }]);
  const found = loaded.rules.find(({ kind }) => kind === "correlation");
  if (found?.kind !== "correlation") throw new Error(JSON.stringify(loaded.problems));
  return found;
}

function wordsIn(cell: string): string[] {
  if (cell === "never") return [];
  return cell === "always" ? operators : cell.split(/[,;] /);
}

const rows = [...page.matchAll(/^\| ((?:`\w+`(?:, )?)+) \| (.+) \| (.+) \|$/gm)].flatMap(
  ([, types = "", atOnce = "", later = ""]) =>
    [...types.matchAll(/\w+/g)].map(([type]) => ({ type, atOnce: wordsIn(atOnce), later: wordsIn(later) })),
);

describe("the page about windows", () => {
  it("has a row for each type", () => {
    expect(rows.map(({ type }) => type).sort()).toEqual([
      ...["event_count", "temporal", "temporal_ordered", "value_avg", "value_count", "value_median"],
      ...["value_percentile", "value_sum"],
    ]);
  });

  it.each(rows)("says of $type what is decided at once, and what later", ({ type, atOnce, later }) => {
    expect(atOnce.filter((words) => isDecidedAtOnce(type, words))).toEqual(atOnce);
    expect(later.filter((words) => isDecidedAtOnce(type, words))).toEqual([]);
  });

  it("links and names only what is there", () => {
    const links = [...page.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(
      ([, link = ""]) => new URL(link, place),
    );
    const proofs = [...page.matchAll(/`([\w-]+\/[\w./-]+\.ts)`/g)].map(
      ([, path]) => new URL(`packages/server/src/${path}`, root),
    );
    expect(links.length).toBeGreaterThan(5);
    expect(proofs.length).toBeGreaterThan(5);
    expect([...links, ...proofs].filter((url) => !existsSync(url))).toEqual([]);
  });

  it("names metrics that exist", () => {
    const metrics = readFileSync(new URL("docs/reference/metrics.md", root), "utf8");
    const named = new Set(page.match(/auditflow_\w+_total/g));
    expect(named.size).toBeGreaterThan(2);
    expect([...named].filter((name) => !metrics.includes(`\`${name}\``))).toEqual([]);
  });
});
