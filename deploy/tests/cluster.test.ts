import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { limits } from "@auditflow/contracts";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { root } from "../../scripts/root.ts";
import { type ClusterObject, poolFaults } from "../cluster/pool-faults.ts";
import { toolPath } from "../tools/tool-path.ts";
import { type AuditPolicy, type AuditRequest, auditLevel } from "./audit-level.ts";
import { rendered } from "./rendered.ts";
import { type Quantities, quantity, requestedBy } from "./requested.ts";

const cluster = join(import.meta.dirname, "..", "cluster");

test.each(globSync("**/kustomization.yaml", { cwd: cluster }).map(dirname))(
  "kubectl apply -k deploy/cluster/%s has every file of its folder",
  (folder) => {
    const { status, stdout, stderr } = spawnSync(toolPath("kubectl"), ["kustomize", join(cluster, folder)], {
      encoding: "utf8",
      timeout: 30_000,
    });
    expect(status, stderr).toBe(0);
    const files = globSync("*.yaml", { cwd: join(cluster, folder) });
    expect(parseAllDocuments(stdout)).toHaveLength(files.length - 1);
  },
);

const pool = (name: string, addresses: readonly string[], annotations = {}): ClusterObject => ({
  kind: "IPAddressPool",
  metadata: { name, namespace: "metallb-system", annotations },
  spec: { addresses },
});
const advertisement = (...ipAddressPools: string[]): ClusterObject => ({
  kind: "L2Advertisement",
  metadata: { name: "l2", namespace: "metallb-system" },
  spec: { ipAddressPools },
});

test("the pool, its advertisement and Traefik's address fit each other", () => {
  const files = ["metallb/pool.yaml", "metallb/l2.yaml", "traefik/helm-chart-config.yaml"];
  expect(poolFaults(files.map((file) => read(file)))).toEqual([]);
});

test.each([
  ["192.168.1.300/28", '"192.168.1.300/28" is no CIDR'],
  ["192.168.1.0/33", '"192.168.1.0/33" is no CIDR'],
  ["192.168.1.0/24/8", '"192.168.1.0/24/8" is no CIDR'],
  ["192.168.1.1-192.168.1.999", '"192.168.1.1-192.168.1.999" is no range from one address to another'],
  ["192.168.1.1-fd00::9", '"192.168.1.1-fd00::9" is no range from one address to another'],
  ["192.168.1.9-192.168.1.1", '"192.168.1.9-192.168.1.1" ends before it begins'],
  ["192.168.1.240", '"192.168.1.240" is one address: write 192.168.1.240/32'],
  ["fd00::1", '"fd00::1" is one address: write fd00::1/128'],
  ["somewhere", '"somewhere" is neither a CIDR nor a range of addresses'],
  [
    "192.168.1.240/24",
    '"192.168.1.240/24" would mean all of 192.168.1.0/24: write that, or a range that begins at 192.168.1.240',
  ],
  ["fd00::5/64", '"fd00::5/64" would mean all of fd00::/64: write that, or a range that begins at fd00::5'],
])("the bad CIDR %s is refused with one sentence", (text, sentence) => {
  expect(poolFaults([pool("a", [text]), advertisement("a")])).toEqual([`pool a: ${sentence}`]);
});

test.each([
  ["192.168.1.240-192.168.1.243", "192.168.1.243/32"],
  ["192.168.1.0/24", "192.168.1.240-192.168.1.243"],
  ["fd00::/64", "fd00::ffff:10.0.0.1-fd00::ffff:10.0.0.9"],
])("pools with %s and %s overlap", (first, second) => {
  expect(poolFaults([pool("a", [first]), pool("b", [second]), advertisement("a", "b")])).toEqual([
    `pool a: ${first} overlaps ${second} of pool b`,
  ]);
  expect(poolFaults([pool("a", [first, second]), advertisement("a")])).toEqual([
    `pool a: ${first} overlaps ${second} of itself`,
  ]);
});

test("pools side by side do not overlap, nor do addresses of the two families", () => {
  const pools = [pool("a", ["10.0.0.0/31", "::a00:0/127"]), pool("b", ["10.0.0.2/31"])];
  expect(poolFaults([...pools, advertisement("a", "b")])).toEqual([]);
});

test("a pool keeps clear of the nodes and of the DHCP server", () => {
  const taken = {
    "auditflow/node-addresses": "192.168.1.10, 192.168.1.11",
    "auditflow/dhcp-range": "192.168.1.100-192.168.1.199",
  };
  const faults = poolFaults([
    pool("a", ["192.168.1.8/30", "192.168.1.190-192.168.1.210"], taken),
    advertisement("a"),
  ]);
  expect(faults).toEqual([
    "pool a: 192.168.1.8/30 overlaps the addresses of the nodes, 192.168.1.10",
    "pool a: 192.168.1.8/30 overlaps the addresses of the nodes, 192.168.1.11",
    "pool a: 192.168.1.190-192.168.1.210 overlaps the range of the DHCP server, 192.168.1.100-192.168.1.199",
  ]);
});

test("an advertisement names a pool that is there, and a pool is advertised", () => {
  expect(poolFaults([pool("a", ["10.0.0.0/30"]), advertisement("b")])).toEqual([
    "L2Advertisement l2 names the pool b, which is not there",
    "pool a is advertised by nothing: its addresses would never answer",
  ]);
  expect(poolFaults([pool("a", ["10.0.0.0/30"]), advertisement()])).toEqual([]);
});

test("an address that a Service asks for is in a pool", () => {
  const traefik: ClusterObject = {
    kind: "HelmChartConfig",
    metadata: { name: "traefik" },
    spec: { valuesContent: "service:\n  annotations:\n    metallb.io/loadBalancerIPs: 10.0.0.4\n" },
  };
  expect(poolFaults([pool("a", ["10.0.0.0/30"]), advertisement("a"), traefik])).toEqual([
    "HelmChartConfig traefik asks for 10.0.0.4, which no pool has",
  ]);
});

test("check-pools ends with 1 and the sentences on standard error, also for a file that is not there", () => {
  const folder = mkdtempSync(join(tmpdir(), "auditflow-pools-"));
  try {
    const file = join(folder, "pool.yaml");
    writeFileSync(file, JSON.stringify(pool("a", ["10.0.0.1/8"])));
    const { status, stdout, stderr } = checkPools(file, join(folder, "l2.yaml"));
    expect(status).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain('pool a: "10.0.0.1/8" would mean all of 10.0.0.0/8');
    expect(stderr).toContain("l2.yaml cannot be read: ");
    expect(checkPools().stderr).toContain("name the files");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each(["minimal", "k3s"])("the quota has room for the chart with %s values during an upgrade", (file) => {
  const { hard } = read<{ spec: { hard: Quantities } }>("namespace/resource-quota.yaml").spec;
  const asked = requestedBy(rendered({ file }));
  const over = Object.entries(asked).filter(([name, amount]) => amount > quantity(hard[name] ?? "0"));
  expect(over).toEqual([]);
  expect(Object.keys(asked)).toEqual(expect.arrayContaining(["requests.memory", "pods", "requests.storage"]));
});

test("the installation page says what the k3s values request", () => {
  const page = readFileSync(join(cluster, "..", "..", "docs", "kubernetes", "install.md"), "utf8");
  for (const when of ["rest", "upgrade"] as const) {
    const asked = requestedBy(rendered({ file: "k3s" }), when);
    const gibibytes = ((asked["requests.memory"] ?? 0) / 2 ** 30).toFixed(2);
    expect(page.replace(/\s+/g, " ")).toContain(
      `${asked["requests.cpu"]?.toFixed(2)} CPUs and ${gibibytes} GiB`,
    );
  }
});

test("the page on limits has the numbers of the chart", () => {
  const page = readFileSync(
    join(cluster, "..", "..", "docs", "kubernetes", "limits-and-requests.md"),
    "utf8",
  );
  for (const { spec } of rendered().of("Deployment")) {
    const [container] = spec.template.spec.containers;
    const mebibytes = quantity(container?.resources?.limits?.["memory"] ?? "0") / 2 ** 20;
    const heap = container?.env?.find(({ name }) => name === "NODE_OPTIONS")?.value?.split("=")[1];
    const cpu = container?.resources?.requests?.["cpu"];
    expect(page).toContain(`| ${container?.name} | ${cpu} | ${mebibytes} MiB | ${heap} MiB |`);
  }
});

test("the LimitRange gives no container a CPU limit, and lets every container of the chart be", () => {
  const { limits } = read<LimitRange>("namespace/limit-range.yaml").spec;
  const container = limits.find(({ type }) => type === "Container");
  expect(container?.default).not.toHaveProperty("cpu");
  expect(container?.max).not.toHaveProperty("cpu");
  const workloads = [...rendered().of("Deployment"), ...rendered().of("StatefulSet")];
  const memory = workloads.flatMap(({ spec }) =>
    spec.template.spec.containers.map(({ resources }) => quantity(resources?.limits?.["memory"] ?? "0")),
  );
  expect(Math.max(...memory)).toBeLessThanOrEqual(quantity(container?.max?.["memory"] ?? "0"));
  expect(Math.min(...memory)).toBeGreaterThanOrEqual(quantity(container?.min?.["memory"] ?? "0"));
});

test("the namespace refuses what is not restricted", () => {
  expect(read("namespace/namespace.yaml").metadata).toMatchObject({
    name: "auditflow",
    labels: { "pod-security.kubernetes.io/enforce": "restricted" },
  });
});

test("the storage classes keep what was written, and the k3s values use one of them", () => {
  const classes = globSync("storage/*/storage-class.yaml", { cwd: cluster }).map((file) =>
    read<StorageClass>(file),
  );
  expect(classes).toHaveLength(2);
  for (const one of classes)
    expect(one).toMatchObject({ reclaimPolicy: "Retain", volumeBindingMode: "WaitForFirstConsumer" });
  const used = rendered({ file: "k3s" })
    .of("StatefulSet")
    .flatMap(({ spec }) => spec.volumeClaimTemplates ?? [])
    .map(({ spec }) => spec.storageClassName);
  expect(new Set(used)).toEqual(new Set(["auditflow-retain"]));
  expect(classes.map(({ metadata }) => metadata?.name)).toContain("auditflow-retain");
});

test("the route of the k3s values hangs on the Gateway's listener, which is Traefik's own TLS port", () => {
  const gateway = read<Gateway>("gateway/gateway.yaml");
  const [listener] = gateway.spec.listeners;
  expect(listener).toMatchObject({ port: 8443, protocol: "HTTPS" });
  const routes = rendered({ file: "k3s" }).of("HTTPRoute");
  expect(routes.flatMap(({ spec }) => spec.parentRefs ?? [])).toEqual([
    { name: gateway.metadata.name, sectionName: listener?.name },
  ]);
});

const kubelet = { user: "system:node:one", groups: ["system:nodes"] };
const person = { user: "ada", groups: ["system:authenticated"] };

test.each<[string, AuditRequest, string]>([
  ["a Secret that the kubelet reads", { ...kubelet, verb: "get", resource: "secrets" }, "Metadata"],
  ["a Secret that is written", { ...person, verb: "create", resource: "secrets" }, "Metadata"],
  ["a token that is made", { ...person, verb: "create", resource: "serviceaccounts/token" }, "Metadata"],
  ["a shell in a pod", { ...person, verb: "create", resource: "pods/exec" }, "Request"],
  ["a pod that the kubelet reads", { ...kubelet, verb: "list", resource: "pods" }, "None"],
  ["a pod that a person reads", { ...person, verb: "get", resource: "pods" }, "Metadata"],
  [
    "rights that change",
    { ...person, verb: "patch", group: "rbac.authorization.k8s.io", resource: "roles" },
    "Request",
  ],
  ["a new Deployment", { ...person, verb: "create", group: "apps", resource: "deployments" }, "Request"],
  ["a lease", { ...kubelet, verb: "update", group: "coordination.k8s.io", resource: "leases" }, "None"],
  ["a health check", { ...person, verb: "get", path: "/livez/ping" }, "None"],
  ["an unknown path", { ...person, verb: "get", path: "/somewhere" }, "Metadata"],
])("the audit policy keeps of %s what it should", (_, request, level) => {
  expect(auditLevel(read<AuditPolicy>("audit/audit-policy.yaml"), request)).toBe(level);
});

interface LimitRange {
  readonly spec: {
    readonly limits: readonly {
      readonly type: string;
      readonly default?: Quantities;
      readonly min?: Quantities;
      readonly max?: Quantities;
    }[];
  };
}

interface Gateway {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly listeners: readonly {
      readonly name: string;
      readonly port: number;
      readonly protocol: string;
    }[];
  };
}

interface StorageClass {
  readonly metadata?: { readonly name?: string };
}

function read<Shape = ClusterObject>(file: string): Shape {
  return parse(readFileSync(join(cluster, file), "utf8")) as Shape;
}

function checkPools(...files: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [join(cluster, "check-pools.ts"), ...files], {
    encoding: "utf8",
    timeout: 30_000,
  });
}

describe("the audit webhook", () => {
  const webhook = read<{ clusters: { cluster: { server: string } }[] }>("audit/webhook.yaml");
  const asked = read<{ "kube-apiserver-arg+": string[] }>("k3s/audit-webhook/config.yaml");
  const numberOf = (name: string): number =>
    Number(asked["kube-apiserver-arg+"].find((one) => one.startsWith(`${name}=`))?.split("=")[1]);

  test("posts to an address that the API has", () => {
    const document = JSON.parse(
      readFileSync(join(root, "packages/contracts/generated/openapi.json"), "utf8"),
    ) as {
      paths: Record<string, Record<string, unknown>>;
    };
    const path = new URL(webhook.clusters[0]?.cluster.server ?? "").pathname;
    expect(document.paths[path]).toHaveProperty("post");
  });

  test("posts no batch and no event that the gateway would refuse for its size", () => {
    expect(numberOf("audit-webhook-batch-max-size")).toBeLessThanOrEqual(limits.batchEvents);
    expect(numberOf("audit-webhook-truncate-max-event-size")).toBeLessThan(limits.eventBytes);
    expect(numberOf("audit-webhook-truncate-max-batch-size")).toBeLessThan(limits.batchBytes);
  });
});
