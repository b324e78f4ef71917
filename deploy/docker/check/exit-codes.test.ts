import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "../../../scripts/root.ts";
import { explain, habits } from "./exit-codes.ts";

it("runs every row of the table that the documentation shows, with the same code", () => {
  const page = readFileSync(join(root, "docs/how-to/check-containers.md"), "utf8");
  const table = /\| process 1 after SIGTERM [\s\S]*?\n\n/.exec(page)?.[0] ?? "";
  const shown = [...table.matchAll(/^\| ([^|]+?) \| (\d+)/gm)].map(([, name, code]) => [name, Number(code)]);
  expect(shown).toEqual([
    ...habits.map(({ name, code }) => [name, code]),
    ["any, over its memory limit", 137],
  ]);
});

it("says of any code what ended the program", () => {
  expect(explain(137)).toContain("memory limit");
  expect(explain(139)).toContain("signal 11");
  expect(explain(42)).toContain("last log lines");
});
