import { mkdtempSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { takeDataFolder, tokenFile } from "./data-folder.ts";

const folder = (): string => join(mkdtempSync(join(tmpdir(), "auditflow-")), "data");

test("a folder that is held cannot be taken a second time, and can after its release", () => {
  const path = folder();
  const held = takeDataFolder(path);
  expect(() => takeDataFolder(path)).toThrowError(expect.objectContaining({ code: "data_folder_locked" }));
  held.release();
  takeDataFolder(path).release();
});

test("the token is for its owner's eyes only and stays the same", () => {
  const path = folder();
  const first = takeDataFolder(path);
  // It is made when it is first asked for.
  expect(first.token).toMatch(/^[0-9a-f]{64}$/);
  first.release();
  expect(statSync(tokenFile(path)).mode & 0o777).toBe(0o600);
  const second = takeDataFolder(path);
  second.release();
  expect(second.token).toBe(first.token);
});
