import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadRuleFolders } from "./rule-set.ts";

const good = `title: Good
logsource: { category: test }
detection: { selection: { event_type: x }, condition: selection }
`;

async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "rules-"));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

test("a broken rule is told with file, line and field, and the others load", async () => {
  const broken = `${good.replace("Good", "Broken").replace("event_type", "event_type|contians")}`;
  const folder = await folderOf({ "good.yml": good, "broken.yml": broken, "good.test.yml": "tests: []" });
  const { rules, problems } = await loadRuleFolders([folder]);
  expect(rules.map(({ title }) => title)).toEqual(["Good"]);
  expect(problems).toMatchObject([
    { file: join(folder, "broken.yml"), line: 3, field: "detection.selection.event_type|contians" },
  ]);
});

test("a correlation rule with a setting that cannot be read is refused by name", async () => {
  const correlation = `title: Burst
correlation: { type: event_count, rules: [good], group-by: [user_id], timespan: 1m, condition: { gte: 3 } }
auditflow: { lateness: soon }
`;
  const folder = await folderOf({ "good.yml": `name: good\n${good}`, "burst.yml": correlation });
  const { rules, problems } = await loadRuleFolders([folder]);
  expect(rules.map(({ title }) => title)).toEqual(["Good"]);
  expect(problems).toMatchObject([{ file: join(folder, "burst.yml"), field: "auditflow.lateness" }]);
});

test("what counts a rule that is refused is refused too, and so is what counts that", async () => {
  const counting = (name: string, counted: string, rest = ""): string => `title: ${name}
name: ${name}
correlation: { type: event_count, rules: [${counted}], group-by: [user_id], timespan: 1m, condition: { gte: 3 } }
${rest}`;
  const folder = await folderOf({
    "good.yml": `name: good\n${good}`,
    "inner.yml": counting("inner", "good", "auditflow: { lateness: soon }\n"),
    "outer.yml": counting("outer", "inner"),
    "top.yml": counting("top", "outer"),
  });
  const { rules, problems } = await loadRuleFolders([folder]);
  expect(rules.map(({ title }) => title)).toEqual(["Good"]);
  expect(problems.map(({ file, field }) => `${file} ${field}`)).toEqual([
    `${join(folder, "inner.yml")} auditflow.lateness`,
    `${join(folder, "outer.yml")} correlation.rules`,
    `${join(folder, "top.yml")} correlation.rules`,
  ]);
});

test("a folder that is not there is a problem, not a crash", async () => {
  expect((await loadRuleFolders(["/does/not/exist"])).problems).toMatchObject([{ file: "/does/not/exist" }]);
});
