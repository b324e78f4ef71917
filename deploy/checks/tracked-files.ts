import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** The folder of the checkout, without a slash at its end. */
export const checkout: string = join(import.meta.dirname, "..", "..");

/** Every file that Git tracks and that is there, relative to the checkout, sorted; of `patterns` (pathspecs) if given. */
export function trackedFiles(...patterns: readonly string[]): string[] {
  const list = execFileSync("git", ["ls-files", "-z", "--", ...patterns], {
    cwd: checkout,
    encoding: "utf8",
  });
  return list
    .split("\0")
    .filter((path) => path !== "" && existsSync(join(checkout, path)))
    .sort();
}
