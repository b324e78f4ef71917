import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { roleNames } from "../../packages/server/src/app/role-table.ts";
import { rendered } from "../tests/rendered.ts";
import type { KubeObject } from "../tests/rendered-kinds.ts";

const folder = join(import.meta.dirname, "..", "manifests");

const head =
  "# Rendered from deploy/helm/auditflow by deploy/helm/render-manifests.ts: change the chart, not this file.\n";

// kubectl reads YAML 1.1, in which a bare yes is no text.
const style = { compat: "yaml-1.1", lineWidth: 0, aliasDuplicateObjects: false } as const;

/** The chart as plain manifests, one object a file: the text of each by its path under `deploy/manifests`. */
export function manifests(): Map<string, string> {
  // `helm test` and what is there for it are none of a plain installation.
  const objects = rendered({ file: "minimal" })
    .objects.filter((object) => componentOf(object) !== "test")
    .map(withoutHelm);
  const texts = new Map<string, string>();
  for (const object of objects) {
    const path = placeOf(object);
    if (texts.has(path)) throw new Error(`two objects would be in deploy/manifests/${path}`);
    texts.set(path, head + stringify(object, style));
  }
  return texts;
}

/** A folder for each service and server; what belongs to all of them is in `shared`, with its name. */
function placeOf(object: KubeObject): string {
  const component = componentOf(object);
  const kind = object.kind.toLowerCase();
  const name = object.metadata.name.replace(/^auditflow-/, "");
  return name === component && own.has(component)
    ? `${component}/k8s-${kind}.yaml`
    : `shared/k8s-${kind}-${name}.yaml`;
}

const own: ReadonlySet<string> = new Set([...roleNames, "postgresql", "rabbitmq", "redis"]);

function componentOf({ metadata }: KubeObject): string {
  return metadata.labels?.["app.kubernetes.io/component"] ?? metadata.name;
}

/** The same without the labels that say that Helm installed it. */
function withoutHelm<Node>(node: Node): Node {
  if (Array.isArray(node)) return node.map(withoutHelm) as Node;
  if (typeof node !== "object" || node === null) return node;
  const entries = Object.entries(node)
    .filter(
      ([key, value]) =>
        key !== "helm.sh/chart" && !(key === "app.kubernetes.io/managed-by" && value === "Helm"),
    )
    .map(([key, value]) => [key, withoutHelm(value)]);
  return Object.fromEntries(entries) as Node;
}

/** Files of `deploy/manifests` that are not what the chart renders now, each with a sentence. */
function stale(wanted: ReadonlyMap<string, string>): string[] {
  const there = new Map(found().map((path) => [path, readFileSync(join(folder, path), "utf8")]));
  const missing = [...wanted.keys()].filter((path) => !there.has(path)).map((path) => `${path} is missing`);
  const others = [...there].flatMap(([path, text]) => {
    if (!wanted.has(path)) return [`${path} is rendered no more`];
    return wanted.get(path) === text ? [] : [`${path} is not what the chart renders`];
  });
  return [...missing, ...others].map((sentence) => `deploy/manifests/${sentence}`);
}

function found(): string[] {
  return globSync("*/*.yaml", { cwd: folder }).sort();
}

function write(wanted: ReadonlyMap<string, string>): void {
  for (const path of found()) if (!wanted.has(path)) rmSync(join(folder, path));
  for (const [path, text] of wanted) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

if (import.meta.main) {
  const wanted = manifests();
  const faults = process.argv.includes("--check") ? stale(wanted) : [];
  for (const fault of faults) process.stdout.write(`${fault}: run node deploy/helm/render-manifests.ts\n`);
  if (faults.length > 0) process.exitCode = 1;
  if (!process.argv.includes("--check")) write(wanted);
  process.stdout.write(`${wanted.size} files of deploy/manifests\n`);
}
