import { describe, expect, test } from "vitest";
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

const sound = { "/r/a.yml": rule("a"), "/r/b.yml": rule("b") };
/** Two rules of which one is faulty. */
const half = (name: string): string => `${rule(name)}---\n${broken}`;

describe("a change that brings a fault is refused whole, and every rule from before stays", () => {
  test.each<[string, Files, string]>([
    ["a file that was sound", { "/r/a.yml": broken, "/r/b.yml": rule("b2") }, "/r/a.yml"],
    ["one rule of a file", { ...sound, "/r/a.yml": half("a2") }, "/r/a.yml"],
    ["a new file, all of it", { ...sound, "/r/b.yml": rule("b2"), "/r/c.yml": broken }, "/r/c.yml"],
    ["a new file, a part of it", { ...sound, "/r/c.yml": half("c") }, "/r/c.yml"],
    ["a newcomer with the name of one in force", { ...sound, "/r/0.yml": rule("b") }, "/r/b.yml"],
    ["every file", { "/r/a.yml": broken, "/r/b.yml": broken }, "/r/b.yml"],
    ["the only file left", { "/r/c.yml": broken }, "/r/c.yml"],
  ])("in %s", async (_what, files, place) => {
    const before = await over(sound);
    const edition = await read(before, files);
    expect(titles(edition)).toEqual(["a", "b"]);
    expect(edition).toMatchObject({ refused: true, version: before.version, texts: before.texts });
    expect(faults(edition)).toContain(place);
    expect(edition.problems[0]).toMatchObject({ line: expect.any(Number), message: expect.any(String) });
  });

  test("in what counts a rule that is removed", async () => {
    const count = { "/r/count.yml": counting("count", "base") };
    const all = { ...count, "/r/base.yml": rule("base"), "/r/other.yml": rule("other") };
    const { "/r/base.yml": _removed, ...left } = all;
    const edition = await over(all, left);
    expect(titles(edition)).toEqual(["base", "count", "other"]);
    expect(faults(edition)).toEqual(["/r/count.yml"]);
    expect(titles(await read(edition, { "/r/other.yml": rule("other") }))).toEqual(["other"]);
  });

  test("in a file or a folder that cannot be read any more", async () => {
    const before = await over({ "/r/a.yml": rule("a"), "/r/s/b.yml": rule("b"), "/q/c.yml": rule("c") });
    const files = { "/q/d.yml": rule("d") };
    for (const place of ["/r/s/b.yml", "/r"]) {
      const edition = await read(before, files, [place]);
      expect(titles(edition)).toEqual(["c", "a", "b"]);
      expect(edition).toMatchObject({ refused: true, problems: [{ file: place }] });
    }
    expect(titles(await read(before, files))).toEqual(["d"]);
  });

  test("over further faulty texts, until a sound one comes", async () => {
    const edition = await over(sound, { ...sound, "/r/a.yml": half("a2") }, { "/r/a.yml": broken });
    expect(titles(edition)).toEqual(["a", "b"]);
    expect(edition.refused).toBe(true);
    const mended = await read(edition, { "/r/a.yml": rule("c") });
    expect(titles(mended)).toEqual(["c"]);
    expect(mended).toMatchObject({ refused: false, problems: [] });
  });

  test("and when the files are again as they were there is no fault", async () => {
    const edition = await over(sound, { ...sound, "/r/a.yml": broken }, sound);
    expect(edition).toMatchObject({ refused: false, problems: [] });
  });
});

describe("a fault from the start", () => {
  const faulty = { "/r/a.yml": rule("a"), "/r/half.yml": half("h"), "/r/none.yml": broken };

  test("keeps no other rule from being used", async () => {
    const edition = await over(faulty);
    expect(titles(edition)).toEqual(["a", "h"]);
    expect(edition.refused).toBe(false);
    expect(new Set(faults(edition))).toEqual(new Set(["/r/half.yml", "/r/none.yml"]));
  });

  test("keeps no other file from changing, nor its own sound rules", async () => {
    const edition = await over(faulty, { ...faulty, "/r/a.yml": rule("a2"), "/r/half.yml": half("h") });
    expect(titles(edition)).toEqual(["a2", "h"]);
    expect(edition).toMatchObject({ refused: false, problems: expect.objectContaining({ length: 2 }) });
    const changed = await read(edition, { ...faulty, "/r/half.yml": half("h").replace(": x", ": y") });
    expect(changed.rules.at(-1)?.version).not.toBe(edition.rules.at(-1)?.version);
  });

  test("in a file takes no rule of it away later", async () => {
    const before = await over(faulty);
    const edition = await read(before, { ...faulty, "/r/half.yml": broken });
    expect(titles(edition)).toEqual(["a", "h"]);
    expect(edition).toMatchObject({ refused: true, version: before.version });
  });

  test("that was repaired is a new one when it comes back", async () => {
    const mended = { ...faulty, "/r/half.yml": rule("h"), "/r/none.yml": rule("n") };
    const edition = await over(faulty, mended, { ...mended, "/r/none.yml": broken });
    expect(titles(edition)).toEqual(["a", "h", "n"]);
    expect(edition.refused).toBe(true);
  });

  test("is no reason to keep an empty set: what can be used of the first files is", async () => {
    expect(titles(await over({}, faulty))).toEqual(["a", "h"]);
  });
});

test("a rule that moves to another file goes on", async () => {
  const edition = await over(
    { "/r/a.yml": rule("a"), "/r/b.yml": rule("b") },
    { "/r/c.yml": rule("a"), "/r/b.yml": rule("b") },
  );
  expect(edition.problems).toEqual([]);
  expect(titles(edition)).toEqual(["b", "a"]);
});

test("when every file is removed there is no rule", async () => {
  expect(await over({ "/r/a.yml": rule("a") }, {})).toMatchObject({
    rules: [],
    problems: [],
    refused: false,
  });
});
