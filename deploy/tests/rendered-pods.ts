import type { Rendered } from "./rendered.ts";
import type { Container, KubeObject, Labels, PodSpec, Selector, VolumeSource } from "./rendered-kinds.ts";

/** A pod of the render, whatever makes it. */
export interface RenderedPod {
  /** What it is called in tables: the name of its component, `test` for a pod of `helm test`. */
  readonly name: string;
  readonly owner: KubeObject;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly spec: PodSpec;
}

/** Every pod that the render makes, one per workload. */
export function renderedPods(render: Rendered): RenderedPod[] {
  const workloads = [...render.of("Deployment"), ...render.of("StatefulSet")].map((owner) => ({
    name: owner.spec.template.metadata.labels[component] ?? owner.metadata.name,
    owner,
    labels: owner.spec.template.metadata.labels,
    annotations: owner.spec.template.metadata.annotations ?? {},
    spec: owner.spec.template.spec,
  }));
  const pods = render.of("Pod").map((owner) => ({
    name: owner.metadata.labels?.[component] ?? "test",
    owner,
    labels: owner.metadata.labels ?? {},
    annotations: owner.metadata.annotations ?? {},
    spec: owner.spec,
  }));
  return [...workloads, ...pods];
}

/** The label that tells one kind of pod of a release from another. */
export const component = "app.kubernetes.io/component";

/** Whether labels are among those that a selector means; an empty selector means all, none at all nobody. */
export function selects(selector: Selector | undefined, labels: Labels): boolean {
  if (selector === undefined) return false;
  const equal = Object.entries(selector.matchLabels ?? {}).every(([name, value]) => labels[name] === value);
  return equal && (selector.matchExpressions ?? []).every((expression) => holds(expression, labels));
}

type Expression = NonNullable<Selector["matchExpressions"]>[number];

function holds({ key, operator, values = [] }: Expression, labels: Labels): boolean {
  const value = labels[key];
  if (operator === "Exists") return value !== undefined;
  if (operator === "DoesNotExist") return value === undefined;
  if (operator === "In") return value !== undefined && values.includes(value);
  if (operator === "NotIn") return value === undefined || !values.includes(value);
  throw new Error(`a selector has the unknown operator ${operator}`);
}

/** All containers of a pod. */
export function containersOf(spec: PodSpec): readonly Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers];
}

/** The one container of a pod. @throws when it has none or several. */
export function containerOf({ name, spec }: RenderedPod): Container {
  const [only, ...others] = spec.containers;
  if (only === undefined || others.length > 0) throw new Error(`${name} has not one container`);
  return only;
}

/** Environment variables with their plain values. */
export function envOf(container: Container): Labels {
  return Object.fromEntries((container.env ?? []).map(({ name, value }) => [name, value ?? ""]));
}

/** A file that a pod finds, and where it comes from. */
export interface MountedFile {
  readonly path: string;
  readonly from: "Secret" | "ConfigMap";
  readonly object: string;
  readonly key: string;
}

/** Every file of a Secret or ConfigMap in the containers of a pod; a source that is mounted whole has the key `*`. */
export function mountedFiles(spec: PodSpec): MountedFile[] {
  return containersOf(spec).flatMap(({ volumeMounts = [] }) =>
    volumeMounts.flatMap(({ name, mountPath }) => {
      const volume = spec.volumes?.find((one) => one.name === name);
      const sources = volume?.projected?.sources ?? (volume === undefined ? [] : [volume]);
      return sources.flatMap(({ secret, configMap }) => [
        ...filesOf("Secret", secret, mountPath),
        ...filesOf("ConfigMap", configMap, mountPath),
      ]);
    }),
  );
}

function filesOf(from: MountedFile["from"], source: VolumeSource | undefined, folder: string): MountedFile[] {
  if (source === undefined) return [];
  const object = source.secretName ?? source.name ?? "";
  const items = source.items ?? [{ key: "*", path: "*" }];
  return items.map(({ key, path }) => ({ path: `${folder}/${path}`, from, object, key }));
}

const units: Readonly<Record<string, number>> = {
  ...{ "": 1, k: 1e3, M: 1e6, G: 1e9, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, m: 1e-3 },
};

/** A quantity as Kubernetes writes it: bytes of `512Mi`, cores of `250m`. @throws when it is none. */
export function quantity(text: string | undefined): number {
  const [, number, unit = ""] = /^([\d.]+)(k|m|[KMG]i?)?$/.exec(String(text)) ?? [];
  const factor = units[unit];
  if (number === undefined || factor === undefined) throw new Error(`${text} is no quantity`);
  return Number(number) * factor;
}
