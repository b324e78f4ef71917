import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
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

test.each([
  [
    "group-by: [user_id, host]",
    "correlation.group-by",
    '"host" is not among the group-by of "inner" (that is user_id)',
  ],
  ["group-by: [who], aliases: { who: { inner: uid } }", "correlation.group-by", '"uid" is not among'],
  ["type: value_count, condition: { field: ip, gte: 2 }", "correlation.condition.field", '"ip" is not among'],
])(
  "a chain that has %s is refused, for only the values of the inner group are known",
  async (part, field, message) => {
    const counting = (name: string, counted: string, fields: object): string =>
      `title: ${name}\nname: ${name}\ncorrelation: ${JSON.stringify({ type: "event_count", rules: [counted], "group-by": ["user_id"], timespan: "1m", condition: { gte: 3 }, ...fields })}\n`;
    const folder = await folderOf({
      "good.yml": `name: good\n${good}`,
      "inner.yml": counting("inner", "good", {}),
      "outer.yml": counting("outer", "inner", parse(`{ ${part} }`) as object),
    });
    const { rules, problems } = await loadRuleFolders([folder]);
    expect(rules.map(({ title }) => title)).toEqual(["Good", "inner"]);
    expect(problems).toMatchObject([{ file: join(folder, "outer.yml"), line: 1, field }]);
    expect(problems[0]?.message).toContain(message);
  },
);

test("what windows can not decide is refused by what is wrong with it, and filters narrow", async () => {
  const flood = `title: Flood
correlation: { type: event_count, rules: [good], timespan: 1m, condition: { gte: 1001 } }
---
title: Our hosts
logsource: { category: test }
filter: { rules: any, selection: { host|expand: "%ours%" }, condition: not selection }
`;
  const folder = await folderOf({
    "good.yml": `name: good\n${good}`,
    "flood.yml": flood,
    "ours.yml": "placeholders: { ours: [a, b] }\n",
  });
  const { rules, filters, problems, warnings } = await loadRuleFolders([folder]);
  expect(rules).toMatchObject([{ title: "Good", filters: [filters[0]?.id] }]);
  expect(problems).toMatchObject([{ field: "correlation.condition" }]);
  expect(problems[0]?.message).toContain("counts up to 1000 can be decided");
  expect(warnings).toEqual([]);
});

test("a folder that is not there is a problem, not a crash", async () => {
  expect((await loadRuleFolders(["/does/not/exist"])).problems).toMatchObject([{ file: "/does/not/exist" }]);
});

test("a file may be named in place of a folder, whatever its ending but that of tests, and counts once", async () => {
  const other = good.replace("Good", "Other");
  const folder = await folderOf({ "good.yml": good, "rule.txt": other, "good.test.yml": "tests: []" });
  const path = (name: string): string => join(folder, name);
  const named = await loadRuleFolders([
    path("rule.txt"),
    path("good.test.yml"),
    `${folder}/../${basename(folder)}/good.yml`,
  ]);
  expect(named.problems).toEqual([]);
  expect(named.rules.map(({ title }) => title)).toEqual(["Other", "Good"]);
  const twice = await loadRuleFolders([path("good.yml"), folder, path("rule.txt"), path("rule.txt")]);
  expect(twice.problems).toEqual([]);
  expect(twice.rules.map(({ title }) => title)).toEqual(["Good", "Other"]);
});
