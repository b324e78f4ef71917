import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseAllDocuments } from "yaml";
import { chart, rendered } from "../tests/rendered.ts";
import { type Described, describedKinds, madeByOthers } from "./described-kinds.ts";

const page = join(import.meta.dirname, "..", "..", "docs", "kubernetes", "api-resources.md");
const cluster = join(import.meta.dirname, "..", "cluster");

/** The API version of every kind that the chart renders with one of its ci values files. */
export function renderedKinds(): Map<string, string> {
  const files = globSync("ci/*-values.yaml", { cwd: chart }).sort();
  const objects = files.flatMap(
    (file) => rendered({ file: file.slice("ci/".length, -"-values.yaml".length) }).objects,
  );
  return new Map(objects.map(({ kind, apiVersion }) => [kind, apiVersion]));
}

/** The API version of every kind in deploy/cluster that is sent to a cluster. */
export function clusterKinds(): Map<string, string> {
  const files = globSync("**/kustomization.yaml", { cwd: cluster });
  const objects = files.flatMap((file) => {
    const folder = join(cluster, file, "..");
    const { resources } = read(join(cluster, file))[0] as unknown as { resources: string[] };
    return resources.flatMap((name) => read(join(folder, name)));
  });
  return new Map(objects.map(({ kind, apiVersion }) => [kind, apiVersion]));
}

function read(path: string): { kind: string; apiVersion: string }[] {
  return parseAllDocuments(readFileSync(path, "utf8")).map((document) => document.toJS());
}

/** How the table of described-kinds.ts differs from what there is, one sentence each. */
export function kindFaults(present: ReadonlySet<string>, described: ReadonlySet<string>): string[] {
  const missing = [...present].filter((kind) => !described.has(kind));
  const surplus = [...described].filter((kind) => !present.has(kind));
  return [
    ...missing.map((kind) => `${kind} is made and deploy/helm/described-kinds.ts does not describe it`),
    ...surplus.map((kind) => `deploy/helm/described-kinds.ts describes ${kind}, which nothing makes`),
  ];
}

/** The page with its generated parts as they have to be. @throws when a kind is not described, or one too many. */
export function apiResourcesPage(text: string): string {
  const [inChart, inCluster] = [renderedKinds(), clusterKinds()];
  const present = new Set([...inChart.keys(), ...inCluster.keys()]);
  const faults = kindFaults(present, new Set(Object.keys(describedKinds)));
  if (faults.length > 0) throw new Error(faults.join("\n"));
  const parts: Readonly<Record<string, string>> = {
    chart: table(inChart),
    cluster: table(inCluster),
    others: madeTable(),
    diagram: diagram(inChart),
  };
  return Object.entries(parts).reduce(
    (whole, [name, part]) =>
      whole.replace(
        new RegExp(`(<!-- generated ${name} -->\n)[\\s\\S]*?(<!-- end -->)`),
        (_, begin: string, end: string) => `${begin}\n${part}\n\n${end}`,
      ),
    text,
  );
}

function table(kinds: ReadonlyMap<string, string>): string {
  const rows = [...kinds]
    .sort(([a], [b]) => a.localeCompare(b, "en"))
    .map(([kind, apiVersion]) => row(kind, apiVersion));
  return [
    "| kind | group and version | scope | what for | whose | points to |",
    "|---|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

function row(kind: string, apiVersion: string): string {
  const { scope, purpose, owner, pointsTo } = describedKinds[kind] as Described;
  const targets = pointsTo.map(([target]) => target).join(", ");
  return `| ${kind} | \`${apiVersion}\` | ${scope} | ${purpose} | ${owner} | ${targets} |`;
}

function madeTable(): string {
  const rows = Object.entries(madeByOthers).map(
    ([kind, { apiVersion, by, purpose }]) => `| ${kind} | \`${apiVersion}\` | ${by} | ${purpose} |`,
  );
  return ["| kind | group and version | made by | what for |", "|---|---|---|---|", ...rows].join("\n");
}

function diagram(kinds: ReadonlyMap<string, string>): string {
  const made = Object.entries(madeByOthers).flatMap(([kind, { pointsTo }]) => edges(kind, pointsTo));
  const lines = [...kinds.keys()].sort().flatMap((kind) => edges(kind, describedKinds[kind]?.pointsTo ?? []));
  return ["```mermaid", "flowchart LR", ...lines, ...made, "```"].join("\n");
}

function edges(kind: string, pointsTo: Described["pointsTo"]): string[] {
  return pointsTo.map(([target, how]) => `  ${kind} -- ${how} --> ${target}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const before = readFileSync(page, "utf8");
  const after = apiResourcesPage(before);
  if (!process.argv.includes("--check")) writeFileSync(page, after);
  else if (before !== after) {
    process.stderr.write(
      "docs/kubernetes/api-resources.md is stale: run node deploy/helm/api-resources.ts\n",
    );
    process.exitCode = 1;
  }
}
