import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { loadRules } from "./load.ts";

const corpus = process.env.AUDITFLOW_CORPUS;
const folder = join(corpus ?? "", "sigma-specification/tests/schema");

beforeAll(() => {
  if (corpus === undefined || !existsSync(folder)) {
    throw new Error(
      "Set AUDITFLOW_CORPUS to the folder that holds sigma-specification/ (the standard and its sample documents)",
    );
  }
});

/** Rules for a sample to refer to, of a logsource that fits its filters. */
function stubs(text: string): string {
  const [, section = ""] = /rules:\s*\n((?:\s+-.*\n)+)/.exec(text) ?? [];
  const references = [...section.matchAll(/-\s+(\S+)/g)].map(([, reference]) => reference!);
  const logsource = text.includes("service: dns")
    ? "{ category: network, service: dns }"
    : "{ product: windows, category: process_creation }";
  return references
    .map((reference, index) => {
      const called = /^[0-9a-f-]{36}$/.test(reference) ? "id" : "name";
      const detection = "{ s: { f: x }, condition: s }";
      return `title: Stub ${index}\n${called}: ${reference}\nlogsource: ${logsource}\ndetection: ${detection}\n`;
    })
    .join("---\n");
}

test("every sample document of the specification loads, and the filters are warned of for excluding nothing", () => {
  const files = globSync(join(folder, "**/*.yml")).sort();
  const warnings = files.flatMap((file) => {
    const text = readFileSync(file, "utf8");
    const set = loadRules([
      { file, text },
      { file: "stubs.yml", text: stubs(text) },
    ]);
    expect(set.problems, file).toEqual([]);
    expect(
      [...set.rules, ...set.filters].filter((loaded) => loaded.file === file),
      file,
    ).toHaveLength(1);
    for (const { rules } of set.filters) expect(rules).toHaveLength(2);
    return set.warnings.map(({ field }) => `${basename(file)} ${field}`);
  });
  expect(files).toHaveLength(12);
  expect(warnings).toEqual([
    "event_count_ecs.yml taxonomy",
    "filter_1.yml filter.condition",
    "filter_ecs.yml taxonomy",
    "filter_ecs.yml filter.condition",
    "rule_ecs.yml taxonomy",
  ]);
});
