import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { loadRules } from "./load.ts";
import type { RuleSet } from "./rule.ts";

const corpus = process.env.AUDITFLOW_CORPUS;
const folder = join(corpus ?? "", "sigmahq");
/** Without placeholders. */
let bare: RuleSet;
let set: RuleSet;

beforeAll(() => {
  if (corpus === undefined || !existsSync(folder)) {
    throw new Error(
      "Set AUDITFLOW_CORPUS to the folder that holds sigmahq/ (the SigmaHQ rules and regression data)",
    );
  }
  const files = globSync(join(folder, "rules*/**/*.yml")).sort();
  const sources = files.map((file) => ({ file, text: readFileSync(file, "utf8") }));
  bare = loadRules(sources);
  set = loadRules([...sources, { file: "placeholders.yml", text: table(namesIn(bare)) }]);
});

test("every SigmaHQ rule loads once its placeholders are filled", () => {
  expect(set.problems).toEqual([]);
  expect(set.rules).toHaveLength(3780);
});

test("without a table the 25 rules with placeholders are refused, and each says which it needs", () => {
  expect(bare.rules).toHaveLength(3755);
  expect(new Set(bare.problems.map((problem) => problem.file)).size).toBe(25);
  const unnamed = bare.problems.filter(({ message }) => !message.includes("no table fills the placeholder"));
  expect(unnamed).toEqual([]);
});

test("the warnings on SigmaHQ's rules are the 16 expressions with flags of their own", () => {
  const others = set.warnings.filter(({ message }) => !message.startsWith("flags such as (?i)"));
  expect(others).toEqual([]);
  expect(set.warnings).toHaveLength(16);
});

function namesIn({ problems }: RuleSet): Set<string> {
  return new Set(problems.map(({ message }) => /placeholder "(.*?)"/.exec(message)?.[1] ?? ""));
}

function table(names: ReadonlySet<string>): string {
  return `placeholders:\n${[...names].map((name) => `  ${name}: [10.0.0.1, two]\n`).join("")}`;
}
