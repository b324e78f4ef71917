import { expect, test } from "vitest";
import { nextEdition, noRules, type RuleEdition } from "./rule-edition.ts";

const rule = (name: string, { value = "x", rest = "" } = {}): string => `title: ${name}
name: ${name}
logsource: { category: test }
detection: { selection: { event_type: ${value} }, condition: selection }
${rest}`;
const counting = (name: string, counted: string): string => `title: ${name}
name: ${name}
correlation: { type: event_count, rules: [${counted}], group-by: [user_id], timespan: 1m, condition: { gte: 3 } }
`;
const broken = "title: [";

type Files = Readonly<Record<string, string>>;

async function read(before: RuleEdition, files: Files, unreadable: readonly string[] = []) {
  return nextEdition(before, {
    texts: new Map(Object.entries(files)),
    problems: unreadable.map((file) => ({
      ...{ file, line: 0, column: 0, field: "", message: "cannot be read: EACCES" },
    })),
  });
}

async function over(...steps: readonly Files[]): Promise<RuleEdition> {
  let edition = noRules;
  for (const files of steps) edition = await read(edition, files);
  return edition;
}

const titles = ({ rules }: RuleEdition): string[] => rules.map(({ title }) => title);
const faults = ({ problems }: RuleEdition): string[] => problems.map(({ file }) => file);

test("what is added, changed or removed in the files is so in the set", async () => {
  const before = await over({ "/r/a.yml": rule("a"), "/r/b.yml": rule("b") });
  const now = await read(before, { "/r/b.yml": rule("b", { value: "y" }), "/r/c.yml": rule("c") });
  expect(titles(now)).toEqual(["b", "c"]);
  expect(now.rules[0]?.version).not.toBe(before.rules[1]?.version);
});

test("a changed comment, another file and another place change no version; a changed level does", async () => {
  const before = await over({ "/r/a.yml": `${rule("a")}---\n${rule("b", { value: "y" })}` });
  const moved = await read(before, {
    "/r/2.yml": `# why\n${rule("a")}`,
    "/r/1.yml": rule("b", { value: "y" }),
  });
  expect(moved.version).toBe(before.version);
  const raised = await read(before, {
    "/r/a.yml": `${rule("a", { rest: "level: high\n" })}---\n${rule("b", { value: "y" })}`,
  });
  expect(raised.version).not.toBe(before.version);
  expect(raised.rules[0]?.version).toBe(before.rules[0]?.version);
});

test("a file that has become faulty keeps its rules as they were, and the others change", async () => {
  const edition = await over(
    { "/r/a.yml": rule("a"), "/r/b.yml": rule("b") },
    { "/r/a.yml": broken, "/r/b.yml": rule("b2") },
  );
  expect(titles(edition)).toEqual(["a", "b2"]);
  expect(edition.problems).toMatchObject([
    {
      file: "/r/a.yml",
      line: 1,
      message: expect.stringContaining("what was read of it before stays in force"),
    },
  ]);
  expect(edition.kept).toEqual(["/r/a.yml"]);
});

test("a faulty file is kept whole, over further faulty texts, until a sound one comes", async () => {
  const good = `${rule("a")}---\n${rule("b", { value: "y" })}`;
  const half = `${rule("a", { value: "z" })}---\n${broken}`;
  const edition = await over({ "/r/a.yml": good }, { "/r/a.yml": half }, { "/r/a.yml": broken });
  expect(titles(edition)).toEqual(["a", "b"]);
  expect(titles(await read(edition, { "/r/a.yml": rule("c") }))).toEqual(["c"]);
});

test("a file that was never sound gives what rules of it can be used, and so does a new one", async () => {
  const half = `${rule("a")}---\n${broken}`;
  const edition = await over(
    { "/r/a.yml": half },
    { "/r/a.yml": half, "/r/b.yml": half.replaceAll("a", "b") },
  );
  expect(titles(edition)).toContain("a");
  expect(new Set(faults(edition))).toEqual(new Set(["/r/a.yml", "/r/b.yml"]));
});

test("a file that cannot be read, or lies in a folder that cannot, keeps what was read of it", async () => {
  const before = await over({ "/r/a.yml": rule("a"), "/r/s/b.yml": rule("b"), "/q/c.yml": rule("c") });
  const files = { "/q/d.yml": rule("d") };
  expect(titles(await read(before, files, ["/r/s/b.yml"]))).toEqual(["d", "b"]);
  const edition = await read(before, files, ["/r"]);
  expect(titles(edition)).toEqual(["d", "a", "b"]);
  expect(edition.problems[0]?.message).toContain("stays in force");
  expect(titles(await read(edition, files))).toEqual(["d"]);
});

test("what counts a rule of a faulty file takes its own new text, for that rule stays in force", async () => {
  const edition = await over(
    { "/r/base.yml": rule("base"), "/r/count.yml": counting("count", "base") },
    { "/r/base.yml": broken, "/r/count.yml": counting("count more", "base") },
  );
  expect(titles(edition)).toEqual(["base", "count more"]);
  expect(faults(edition)).toEqual(["/r/base.yml"]);
});

test("what counts a rule that is removed is refused with it, and comes back with it", async () => {
  const count = { "/r/count.yml": counting("count", "base") };
  const all = { ...count, "/r/base.yml": rule("base"), "/r/other.yml": rule("other") };
  const { "/r/base.yml": _removed, ...left } = all;
  const edition = await over(all, left);
  expect(titles(edition)).toEqual(["other"]);
  expect(faults(edition)).toEqual(["/r/count.yml"]);
  expect(titles(await read(edition, all))).toEqual(["base", "count", "other"]);
});

test("a rule in force loses its name to no newcomer, whatever the order of the files", async () => {
  const edition = await over(
    { "/r/b.yml": rule("b") },
    { "/r/a.yml": rule("b", { value: "y" }), "/r/b.yml": rule("b") },
  );
  expect(edition.rules.map(({ file }) => file)).toEqual(["/r/b.yml"]);
  expect(faults(edition)).toContain("/r/a.yml");
});

test("a rule that moves to another file goes on", async () => {
  const edition = await over(
    { "/r/a.yml": rule("a"), "/r/b.yml": rule("b") },
    { "/r/c.yml": rule("a"), "/r/b.yml": rule("b") },
  );
  expect(edition.problems).toEqual([]);
  expect(titles(edition)).toEqual(["b", "a"]);
});

test("when not one rule can be used the rules from before stay, all of them", async () => {
  const before = await over({ "/r/a.yml": rule("a"), "/r/b.yml": rule("b") });
  const edition = await read(before, { "/r/c.yml": broken });
  expect(titles(edition)).toEqual(["a", "b"]);
  expect(edition).toMatchObject({ refused: true, version: before.version });
  expect(titles(await read(edition, { "/r/c.yml": rule("c") }))).toEqual(["c"]);
});

test("when every file is removed there is no rule", async () => {
  expect(await over({ "/r/a.yml": rule("a") }, {})).toMatchObject({
    rules: [],
    problems: [],
    refused: false,
  });
});
