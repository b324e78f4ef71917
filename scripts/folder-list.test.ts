import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { folderListFaults } from "./folder-list.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "auditflow-folders-"));
  plant("packages/sigma/src/index.ts", "");
  plant("rules/brute-force.yml", "");
});
afterEach(() => rmSync(folder, { recursive: true }));

function plant(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

it("a list that names every folder has no fault", () => {
  plant(
    "ARCHITECTURE.md",
    "| folder | use |\n| --- | --- |\n| `packages/sigma/` | rules |\n| `rules/` | rules |\n",
  );
  expect(folderListFaults(folder)).toEqual([]);
});

it("a folder that the list forgets and one that is gone are both named", () => {
  plant("ARCHITECTURE.md", "| `packages/sigma/` | rules |\n| `packages/omega/` | gone |\n");
  expect(folderListFaults(folder)).toEqual([
    "ARCHITECTURE.md does not list rules/",
    "ARCHITECTURE.md lists packages/omega/, which is not there",
  ]);
});
