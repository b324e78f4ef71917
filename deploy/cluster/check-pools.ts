import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import { sizeOf } from "./address-range.ts";
import { type ClusterObject, poolFaults, poolRanges } from "./pool-faults.ts";

/** The objects of YAML files, and for a file that is no YAML or cannot be read a sentence. */
function readObjects(files: readonly string[]): { objects: ClusterObject[]; faults: string[] } {
  const faults: string[] = [];
  const objects = files.flatMap((file) => {
    try {
      return parseAllDocuments(readFileSync(file, "utf8")).flatMap((document) => {
        faults.push(...document.errors.map(({ message }) => `${file}: ${message.split("\n")[0]}`));
        const object = document.errors.length === 0 ? (document.toJS() as ClusterObject | null) : null;
        return object === null || typeof object !== "object" ? [] : [object];
      });
    } catch (error) {
      faults.push(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
      return [];
    }
  });
  return { objects, faults };
}

const files = process.argv.slice(2);
const { objects, faults } = readObjects(files);
const ranges = poolRanges(objects);
if (files.length === 0)
  faults.push("name the files: node deploy/cluster/check-pools.ts deploy/cluster/metallb/*.yaml");
else faults.push(...poolFaults(objects));
for (const fault of faults) process.stderr.write(`${fault}\n`);
const addresses = ranges.reduce((sum, range) => sum + sizeOf(range), 0n);
if (faults.length === 0)
  process.stdout.write(`${objects.length} objects, ${addresses} addresses in pools: all well\n`);
process.exitCode = faults.length === 0 ? 0 : 1;
