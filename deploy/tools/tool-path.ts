import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const tools = join(import.meta.dirname, "..", "..", ".tools");

/** The path of a tool of tools.table, in the version the table names; throws a sentence that says how to fetch it. */
export function toolPath(name: string): string {
  const version = toolVersion(name);
  const path = join(tools, "bin", name);
  if (existsSync(path) && fetchedVersion(name) === version) return path;
  throw new Error(`${name} ${version} is not in .tools/bin: run bash deploy/tools/fetch ${name}`);
}

/** The version that tools.table names for a tool; throws a sentence when it names none. */
export function toolVersion(name: string): string {
  const rows = readFileSync(join(import.meta.dirname, "tools.table"), "utf8").split("\n");
  const version = rows.map((row) => row.split(/\s+/)).find((columns) => columns[0] === name)?.[1];
  if (version === undefined) throw new Error(`${name} is no tool of deploy/tools/tools.table`);
  return version;
}

function fetchedVersion(name: string): string | undefined {
  const stamp = join(tools, "versions", name);
  return existsSync(stamp) ? readFileSync(stamp, "utf8").split(" ")[0] : undefined;
}
