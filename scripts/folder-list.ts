import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

const folders = [
  "packages/*",
  "packages/server/{src,testing}",
  "packages/server/src/*",
  "packages/*/{fixtures,generated}",
];
const roots = ["bench", "conformance", "deploy", "docs", "faults", "oracle", "rules", "scenarios", "scripts"];

/** How the folder list of ARCHITECTURE.md (the first words `folder/` of its table rows) differs from the tree. */
export function folderListFaults(root: string): string[] {
  const text = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
  const listed = new Set([...text.matchAll(/^\| `([^`]+)\/` \|/gm)].map((row) => row[1] ?? ""));
  const present = new Set(presentFolders(root));
  return [
    ...[...present]
      .filter((folder) => !listed.has(folder))
      .map((folder) => `ARCHITECTURE.md does not list ${folder}/`),
    ...[...listed]
      .filter((folder) => !present.has(folder))
      .map((folder) => `ARCHITECTURE.md lists ${folder}/, which is not there`),
  ];
}

function presentFolders(root: string): string[] {
  const all = globSync([...folders, ...roots], { cwd: root, withFileTypes: true });
  return all
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter((path) => globSync("**/*.*", { cwd: join(root, path) }).length > 0)
    .sort();
}
