import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readVectorFile } from "./read-vectors.ts";
import { checkVectorsThemselves, readModifiers } from "./self-check.ts";

const appendix = "- `contains`: anywhere\n\n- `re` sub-modifiers:\n\n  - `brandnew`: just invented\n";

test("the appendix lists modifiers and their sub-modifiers", () => {
  expect(readModifiers(appendix)).toEqual(["contains", "re", "brandnew"]);
  expect(() => readModifiers("nothing")).toThrow("lists none");
});

test("a modifier that no verdict hangs on is red, and so is a title that stands there twice", () => {
  const corpus = mkdtempSync(join(tmpdir(), "auditflow-corpus-"));
  const folder = join(corpus, "sigma-specification/specification");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "sigma-appendix-modifiers.md"), appendix);
  const vector = (key: string, verdicts: string) =>
    `- title: same\n  selection: |\n    ${key}: x\n${verdicts}`;
  const text =
    vector("f|contains", "  match: [{ f: xy }]\n  miss: [{ f: y }]\n") +
    vector("f|endswith", "  match: [{ f: x }]\n  miss: [{ f: y }]\n") +
    vector("f|re", "  match: [{ f: xy }]\n");
  const { outcomes } = checkVectorsThemselves(readVectorFile("some.yml", text), corpus);
  rmSync(corpus, { recursive: true });
  const red = outcomes.filter(({ failure }) => failure !== undefined).map(({ title }) => title);
  const unproven = ["brandnew", "endswith", "re"].map((name) => `the modifier ${name}`);
  expect(red).toEqual(expect.arrayContaining([...unproven, "same"]));
  expect(red).not.toContain("the modifier contains");
});
