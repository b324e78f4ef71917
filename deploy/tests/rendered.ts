import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { toolPath } from "../tools/tool-path.ts";
import type { Kinds, KubeObject } from "./rendered-kinds.ts";

/** The folder of the chart. */
export const chart: string = join(import.meta.dirname, "..", "helm", "auditflow");

/** Values as a values file holds them. */
export type Values = Readonly<Record<string, unknown>>;

/** What is rendered, and by which Helm. */
export interface Ask {
  /** A file `ci/<file>-values.yaml` of the chart; the least there can be when not given. */
  readonly file?: string;
  /** What is laid over the file; null removes a default. */
  readonly values?: Values;
  readonly release?: string;
  readonly helm?: "helm" | "helm3";
  readonly kubeVersion?: string;
}

/** The objects of one render. */
export interface Rendered {
  readonly release: string;
  readonly namespace: string;
  readonly text: string;
  readonly objects: readonly KubeObject[];
  /** All objects of a kind, in the order of the render. */
  of<Kind extends keyof Kinds>(kind: Kind): Kinds[Kind][];
  /** The object `<release>-<thing>` of a kind. @throws when there is none. */
  the<Kind extends keyof Kinds>(kind: Kind, thing: string): Kinds[Kind];
}

const namespace = "auditflow";
const renders = new Map<string, Rendered>();

/** Renders the chart, each combination once. @throws what Helm says when it refuses. */
export function rendered(ask: Ask = {}): Rendered {
  const key = JSON.stringify(ask);
  const known = renders.get(key);
  if (known !== undefined) return known;
  const { status, stdout, stderr } = runHelm(ask);
  if (status !== 0) throw new Error(stderr);
  const made = read(ask.release ?? "auditflow", stdout);
  renders.set(key, made);
  return made;
}

/** What Helm says when it must refuse to render, without its own preamble. @throws when it does not refuse. */
export function refusal(ask: Ask): string {
  const { status, stderr } = runHelm(ask);
  if (status === 0) throw new Error(`not refused: ${JSON.stringify(ask)}`);
  return stderr
    .replace(/\n+Use --debug flag to render out invalid YAML\s*$/, "")
    .trim()
    .replace(/^Error: execution error at \([^)]*\): /, "")
    .replace(/^Error: values don't meet the specifications of the schema[^\n]*\nauditflow:\n/, "");
}

/** Where Helm may write: not the caller's own home. */
export const helmHomes: Readonly<Record<string, string>> = {
  HELM_CACHE_HOME: join(tmpdir(), "auditflow-helm", "cache"),
  HELM_CONFIG_HOME: join(tmpdir(), "auditflow-helm", "config"),
  HELM_DATA_HOME: join(tmpdir(), "auditflow-helm", "data"),
};

function runHelm({ file = "minimal", values = {}, release = "auditflow", helm = "helm", kubeVersion }: Ask) {
  const files = ["--values", join(chart, "ci", `${file}-values.yaml`), "--values", "-"];
  const version = kubeVersion === undefined ? [] : ["--kube-version", kubeVersion];
  const { status, stdout, stderr, error } = spawnSync(
    toolPath(helm),
    ["template", release, chart, "--namespace", namespace, ...files, ...version],
    {
      input: JSON.stringify(values),
      encoding: "utf8",
      env: { PATH: process.env["PATH"], ...helmHomes },
      timeout: 60_000,
      maxBuffer: 2 ** 26,
    },
  );
  if (error !== undefined) throw error;
  return { status, stdout, stderr };
}

/** The parsed documents of what Helm printed. @throws when one is no YAML or has a key twice. */
function read(release: string, text: string): Rendered {
  const objects = parseAllDocuments(text).flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    const object = document.toJS() as KubeObject | null;
    return object === null ? [] : [object];
  });
  const of = <Kind extends keyof Kinds>(kind: Kind): Kinds[Kind][] =>
    objects.filter((object) => object.kind === kind) as Kinds[Kind][];
  return {
    ...{ release, namespace, text, objects, of },
    the: (kind, thing) => {
      const found = of(kind).find(({ metadata }) => metadata.name === `${release}-${thing}`);
      if (found === undefined) throw new Error(`${kind} ${release}-${thing} is not rendered`);
      return found;
    },
  };
}
