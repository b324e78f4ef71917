import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";

/** The parts of a rendered container that decide how it is run. */
interface Container {
  readonly name: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly resources?: { readonly limits?: { readonly memory?: string } };
  readonly securityContext?: SecurityContext;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly lifecycle?: { readonly preStop?: { readonly sleep?: { readonly seconds?: number } } };
}

interface Probe {
  readonly httpGet?: { readonly path?: string };
}

interface SecurityContext {
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly readOnlyRootFilesystem?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly capabilities?: { readonly drop?: readonly string[] };
  readonly seccompProfile?: { readonly type?: string };
}

interface Item {
  readonly key: string;
  readonly path: string;
}

interface Source {
  readonly name?: string;
  readonly secretName?: string;
  readonly items?: readonly Item[];
  readonly optional?: boolean;
}

interface Volume {
  readonly name: string;
  readonly emptyDir?: { readonly sizeLimit?: string };
  readonly secret?: Source;
  readonly configMap?: Source;
  readonly projected?: {
    readonly sources: readonly { readonly secret?: Source; readonly configMap?: Source }[];
  };
}

interface PodSpec {
  readonly containers: readonly Container[];
  readonly volumes?: readonly Volume[];
  readonly securityContext?: SecurityContext;
  readonly terminationGracePeriodSeconds?: number;
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: { readonly template?: { readonly spec?: PodSpec } };
}

/** A file that the pod finds under a mount: the key of its secret, or the text of its ConfigMap. */
export interface PodFile {
  readonly path: string;
  readonly secretKey?: string;
  readonly text?: string;
}

/** How Kubernetes runs a service, as the rendered manifests say it. */
export interface Pod {
  readonly service: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly port: number;
  readonly user: string;
  readonly memoryBytes: number;
  readonly readOnly: boolean;
  readonly dropsAll: boolean;
  readonly noNewPrivileges: boolean;
  readonly seccomp: string;
  /** Folders of the pod's own that can be written, with their size in bytes. */
  readonly scratch: Readonly<Record<string, number>>;
  readonly mounts: Readonly<Record<string, readonly PodFile[]>>;
  readonly livePath: string;
  readonly readyPath: string;
  readonly preStopSeconds: number;
  readonly graceSeconds: number;
}

/** The pods of the services, from the Deployments under a folder of rendered manifests. */
export function renderedPods(folder: string): Pod[] {
  const manifests = globSync("**/*.yaml", { cwd: folder })
    .sort()
    .flatMap((file) => parseAllDocuments(readFileSync(join(folder, file), "utf8")))
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
  return manifests
    .filter(({ kind }) => kind === "Deployment")
    .map(({ metadata, spec }) => podOf(metadata.name, spec?.template?.spec, manifests));
}

function podOf(name: string, spec: PodSpec | undefined, manifests: readonly Manifest[]): Pod {
  const container = spec?.containers[0];
  if (spec === undefined || container === undefined) throw new Error(`Deployment ${name} has no container`);
  const security = { ...spec.securityContext, ...container.securityContext };
  return {
    service: container.name,
    args: container.args ?? [],
    env: Object.fromEntries((container.env ?? []).map((entry) => [entry.name, entry.value ?? ""])),
    port: container.ports?.[0]?.containerPort ?? 0,
    user: `${security.runAsUser}:${security.runAsGroup ?? security.runAsUser}`,
    memoryBytes: bytes(container.resources?.limits?.memory ?? "0"),
    readOnly: security.readOnlyRootFilesystem === true,
    dropsAll: security.capabilities?.drop?.includes("ALL") === true,
    noNewPrivileges: security.allowPrivilegeEscalation === false,
    seccomp: security.seccompProfile?.type ?? "Unconfined",
    ...volumesOf(spec, container, manifests),
    livePath: container.livenessProbe?.httpGet?.path ?? "",
    readyPath: container.readinessProbe?.httpGet?.path ?? "",
    preStopSeconds: container.lifecycle?.preStop?.sleep?.seconds ?? 0,
    graceSeconds: spec.terminationGracePeriodSeconds ?? 30,
  };
}

function volumesOf(
  spec: PodSpec,
  container: Container,
  manifests: readonly Manifest[],
): Pick<Pod, "scratch" | "mounts"> {
  const scratch: Record<string, number> = {};
  const mounts: Record<string, PodFile[]> = {};
  for (const { name, mountPath } of container.volumeMounts ?? []) {
    const volume = spec.volumes?.find((one) => one.name === name);
    if (volume === undefined)
      throw new Error(`${container.name} mounts the volume ${name}, which is not there`);
    if (volume.emptyDir !== undefined) scratch[mountPath] = bytes(volume.emptyDir.sizeLimit ?? "64Mi");
    else mounts[mountPath] = filesOf(volume, manifests);
  }
  return { scratch, mounts };
}

function filesOf(volume: Volume, manifests: readonly Manifest[]): PodFile[] {
  const sources = volume.projected?.sources ?? [volume];
  return sources.flatMap(({ secret, configMap }) => [
    ...(secret?.items ?? []).map(({ key, path }) => ({ path, secretKey: key })),
    ...configFiles(configMap, manifests),
  ]);
}

function configFiles(source: Source | undefined, manifests: readonly Manifest[]): PodFile[] {
  if (source === undefined) return [];
  const found = manifests.find(({ kind, metadata }) => kind === "ConfigMap" && metadata.name === source.name);
  if (found === undefined && source.optional !== true)
    throw new Error(`there is no ConfigMap ${source.name}`);
  const items = source.items ?? Object.keys(found?.data ?? {}).map((key) => ({ key, path: key }));
  return items.map(({ key, path }) => ({ path, text: found?.data?.[key] ?? "" }));
}

const units: Readonly<Record<string, number>> = {
  "": 1,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
};

/** A quantity of memory as Kubernetes writes it, in bytes. */
function bytes(quantity: string): number {
  const [, number = "0", unit = ""] = /^([\d.]+)([KMG]i?)?$/.exec(quantity) ?? [];
  return Number(number) * (units[unit] ?? 1);
}
