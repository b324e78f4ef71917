import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { type Fault, report } from "./fault.ts";
import { checkout } from "./tracked-files.ts";
import { kubernetesFiles } from "./yaml-files.ts";

/** What is read of a Kubernetes object. Its shape is kubeconform's business: here any part of it may be missing. */
interface KubernetesObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: { readonly name?: string; readonly labels?: Labels };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly data?: unknown;
  readonly stringData?: unknown;
}

type Labels = Readonly<Record<string, string>>;

interface PodTemplate {
  readonly at: string;
  readonly labels: Labels;
  readonly spec: PodSpec;
}

interface PodSpec {
  readonly securityContext?: SecurityContext;
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
}

interface Container {
  readonly name?: string;
  readonly image?: string;
  readonly securityContext?: SecurityContext;
}

interface SecurityContext {
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly privileged?: boolean;
}

interface Found {
  readonly file: string;
  readonly object: KubernetesObject;
}

/**
 * What no schema can see in Kubernetes objects that belong together: selectors that miss their pods, images without an
 * exact tag, containers that may be root, secrets in Git.
 */
export function manifestFaults(files: Readonly<Record<string, string>>): Fault[] {
  const found = Object.entries(files).flatMap(([file, text]) =>
    parseAllDocuments(text, { uniqueKeys: false })
      .map((document) => document.toJS() as KubernetesObject | null)
      .filter((object) => object !== null && typeof object === "object")
      .map((object): Found => ({ file, object })),
  );
  const pods = found
    .map(({ object }) => podTemplate(object)?.labels)
    .filter((labels) => labels !== undefined);
  return found.flatMap((one) => [
    ...ownSelectorFaults(one),
    ...otherSelectorFaults(one, pods),
    ...podFaults(one),
    ...secretFaults(one),
  ]);
}

function fault({ file, object }: Found, at: string, message: string): Fault {
  return { file, at: `${object.kind} ${object.metadata?.name ?? "without a name"} ${at}`, message };
}

function podTemplate({ kind, metadata, spec = {} }: KubernetesObject): PodTemplate | undefined {
  if (kind === "Pod") return { at: "/spec", labels: metadata?.labels ?? {}, spec: spec as PodSpec };
  const job = kind === "CronJob" ? dig(spec, "jobTemplate", "spec") : spec;
  const at = kind === "CronJob" ? "/spec/jobTemplate/spec/template/spec" : "/spec/template/spec";
  const podSpec = dig(job, "template", "spec");
  // A template of a custom resource is one only if it has containers.
  if (!Array.isArray(dig(podSpec, "containers"))) return undefined;
  return {
    at,
    labels: (dig(job, "template", "metadata", "labels") ?? {}) as Labels,
    spec: podSpec as PodSpec,
  };
}

function dig(value: unknown, ...keys: readonly string[]): unknown {
  let part = value;
  for (const key of keys) part = (part as Record<string, unknown> | null | undefined)?.[key];
  return part;
}

function ownSelectorFaults(one: Found): Fault[] {
  const { kind, spec } = one.object;
  if (!/^(?:Deployment|StatefulSet|DaemonSet|ReplicaSet)$/.test(kind ?? "")) return [];
  const wanted = (dig(spec, "selector", "matchLabels") ?? {}) as Labels;
  if (Object.keys(wanted).length === 0) {
    return [fault(one, "/spec/selector/matchLabels", "is missing: it would own no pods")];
  }
  if (selects(wanted, podTemplate(one.object)?.labels ?? {})) return [];
  return [fault(one, "/spec/selector/matchLabels", "selects other labels than those of its own pods")];
}

/** Services, disruption budgets and network policies that mean pods which none of the files makes. */
function otherSelectorFaults(one: Found, pods: readonly Labels[]): Fault[] {
  const { kind, apiVersion, spec } = one.object;
  const [at, selector] =
    kind === "Service" && apiVersion === "v1"
      ? ["/spec/selector", dig(spec, "selector")]
      : kind === "PodDisruptionBudget"
        ? ["/spec/selector/matchLabels", dig(spec, "selector", "matchLabels")]
        : kind === "NetworkPolicy"
          ? ["/spec/podSelector/matchLabels", dig(spec, "podSelector", "matchLabels") ?? {}]
          : ["", {}];
  if (dig(spec, "type") === "ExternalName") return [];
  if (selector === undefined) return [fault(one, at, "is missing: it would select no pods")];
  const wanted = selector as Labels;
  // The pod of `helm test` is made by Helm when it is asked for, so it is not among the files.
  if (wanted["app.kubernetes.io/component"] === "test") return [];
  if (Object.keys(wanted).length === 0 || pods.some((labels) => selects(wanted, labels))) return [];
  return [fault(one, at, "selects no pod of these files")];
}

function selects(wanted: Labels, labels: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}

function podFaults(one: Found): Fault[] {
  const template = podTemplate(one.object);
  if (template === undefined) return [];
  return (["initContainers", "containers"] as const).flatMap((list) =>
    (template.spec[list] ?? []).flatMap((container, index) =>
      containerComplaints(container, template.spec.securityContext ?? {}).map(({ at, message }) =>
        fault(one, `${template.at}/${list}/${index}${at}`, message),
      ),
    ),
  );
}

function containerComplaints({ image = "", securityContext = {} }: Container, pod: SecurityContext) {
  const context = { ...pod, ...securityContext };
  const complaints: { at: string; message: string }[] = [];
  if (!/@sha256:[0-9a-f]{64}$|:(?!latest$)[\w.-]+$/.test(image)) {
    complaints.push({ at: "/image", message: `${image} has no exact tag: what runs would change by itself` });
  }
  if (context.runAsNonRoot !== true) {
    complaints.push({ at: "/securityContext/runAsNonRoot", message: "must be true, here or for the pod" });
  }
  if (context.runAsUser === undefined || context.runAsUser === 0) {
    complaints.push({ at: "/securityContext/runAsUser", message: "must be a number other than 0 (root)" });
  }
  if (context.privileged === true) {
    complaints.push({ at: "/securityContext/privileged", message: "is root on the node" });
  }
  return complaints;
}

function secretFaults(one: Found): Fault[] {
  const { kind, data, stringData } = one.object;
  if (kind !== "Secret" || (data ?? stringData) === undefined) return [];
  return [
    fault(one, "/data", "a secret does not belong into Git: make it with deploy/helm/make-credentials.ts"),
  ];
}

if (import.meta.main) {
  const files = kubernetesFiles();
  const texts = files.map((file) => [file, readFileSync(join(checkout, file), "utf8")] as const);
  report(`${files.length} files with Kubernetes objects`, manifestFaults(Object.fromEntries(texts)));
}
