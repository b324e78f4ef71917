import { accessSync, constants, globSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The path of a program: from the newest folder that matches one of `globs`, else from PATH; undefined if absent. */
export function findProgram(name: string, ...globs: readonly string[]): string | undefined {
  const special = globs.flatMap((pattern) => globSync(pattern).sort(byNumber).reverse());
  const path = (process.env["PATH"] ?? "").split(delimiter);
  return [...special, ...path, "/usr/sbin", "/usr/local/sbin"]
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function byNumber(left: string, right: string): number {
  return left.localeCompare(right, "en", { numeric: true });
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
