import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { roleNames } from "../../packages/server/src/app/role-table.ts";
import { rendered } from "./rendered.ts";
import type { Container, KubeObject, Workload } from "./rendered-kinds.ts";
import {
  containerOf,
  containersOf,
  envOf,
  quantity,
  type RenderedPod,
  renderedPods,
} from "./rendered-pods.ts";

const everything = ["minimal", "all-on", "external", "k3s"] as const;

function pods(file: string, values = {}): RenderedPod[] {
  return renderedPods(rendered({ file, values }));
}

function services(file: string, values = {}): RenderedPod[] {
  return pods(file, values).filter(({ name }) => (roleNames as readonly string[]).includes(name));
}

test("a service is started anew only when its process hangs, and gets requests only when it is ready", () => {
  for (const file of everything) {
    for (const pod of services(file)) {
      const { startupProbe, livenessProbe, readinessProbe } = containerOf(pod);
      expect(startupProbe?.httpGet, pod.name).toEqual({ path: "/livez", port: "http" });
      expect(livenessProbe?.httpGet, pod.name).toEqual({ path: "/livez", port: "http" });
      expect(readinessProbe?.httpGet, pod.name).toEqual({ path: "/readyz", port: "http" });
    }
  }
});

test("every pod but that of helm test has all three probes", () => {
  for (const pod of everything.flatMap((file) => pods(file)).filter(({ name }) => name !== "test")) {
    const { startupProbe, livenessProbe, readinessProbe } = containerOf(pod);
    for (const probe of [startupProbe, livenessProbe, readinessProbe]) expect(probe, pod.name).toBeDefined();
  }
});

test("no pod waits in an init container: the services heal by themselves", () => {
  for (const { spec } of everything.flatMap((file) => pods(file)))
    expect(spec.initContainers).toBeUndefined();
});

test("the grace period is longer than the sleep before the end and the program's own deadline", () => {
  const source = readFileSync(join(import.meta.dirname, "../../packages/server/src/cli/serve.ts"), "utf8");
  const [, stop, more] =
    /stopMilliseconds = ([\d_]+);[\s\S]*delay: stopMilliseconds \+ ([\d_]+)/.exec(source) ?? [];
  const deadline = (numberOf(stop) + numberOf(more)) / 1000;
  expect(deadline).toBeGreaterThan(0);
  for (const pod of everything.flatMap((file) => services(file))) {
    const sleep = containerOf(pod).lifecycle?.preStop?.sleep?.seconds ?? 0;
    expect(sleep, pod.name).toBe(5);
    expect(pod.spec.terminationGracePeriodSeconds, pod.name).toBeGreaterThan(sleep + deadline);
  }
});

function numberOf(text = "NaN"): number {
  return Number(text.replaceAll("_", ""));
}

test("every container requests as much memory as it is limited to, and CPU", () => {
  for (const { name, spec } of everything.flatMap((file) => pods(file))) {
    for (const { resources } of containersOf(spec)) {
      expect(quantity(resources?.limits?.["memory"]), name).toBeGreaterThan(0);
      expect(resources?.requests?.["memory"], name).toBe(resources?.limits?.["memory"]);
      expect(quantity(resources?.requests?.["cpu"]), name).toBeGreaterThan(0);
    }
  }
});

test("there is no CPU limit unless one is asked for, and then it is not below the request", () => {
  for (const { name, spec } of pods("minimal")) {
    for (const { resources } of containersOf(spec)) expect(resources?.limits, name).not.toHaveProperty("cpu");
  }
  const limited = pods("all-on").find(({ name }) => name === "audit-log-analysis");
  const { limits, requests } = limited === undefined ? {} : (containerOf(limited).resources ?? {});
  expect(limits?.["cpu"]).toBe("2");
  expect(quantity(limits?.["cpu"])).toBeGreaterThanOrEqual(quantity(requests?.["cpu"]));
});

test("Node's heap is about three quarters of the memory limit, whatever the limit", () => {
  for (const memory of ["256Mi", "384Mi", "1000Mi", "1Gi", "3Gi"]) {
    const values = {
      services: Object.fromEntries(roleNames.map((name) => [name, { resources: { limits: { memory } } }])),
    };
    for (const pod of services("minimal", values)) {
      const share = heapBytes(containerOf(pod)) / quantity(memory);
      expect(share, pod.name).toBeGreaterThanOrEqual(0.72);
      expect(share, pod.name).toBeLessThanOrEqual(0.78);
    }
  }
});

function heapBytes(container: Container): number {
  const [, mebibytes] = /^--max-old-space-size=(\d+)$/.exec(envOf(container)["NODE_OPTIONS"] ?? "") ?? [];
  return Number(mebibytes) * 2 ** 20;
}

test("by default a service has the memory that was measured for it", () => {
  const memory = Object.fromEntries(
    services("minimal").map((pod) => [pod.name, containerOf(pod).resources?.limits?.["memory"]]),
  );
  expect(memory).toEqual({
    "audit-event-generator": "256Mi",
    "audit-event-gateway": "384Mi",
    "audit-log-analysis": "512Mi",
    "notification-service": "384Mi",
    "event-audit-dashboard": "256Mi",
  });
});

test("every pod fits the restricted pod security standard, and its files can only be written where they must", () => {
  for (const pod of everything.flatMap((file) => pods(file))) {
    const { hostNetwork, hostPID, hostIPC, securityContext = {}, volumes = [] } = pod.spec;
    expect([hostNetwork, hostPID, hostIPC], pod.name).toEqual([undefined, undefined, undefined]);
    expect(
      volumes.filter(({ hostPath }) => hostPath !== undefined),
      pod.name,
    ).toEqual([]);
    for (const container of containersOf(pod.spec)) {
      const context = { ...securityContext, ...container.securityContext };
      expect(context, pod.name).toMatchObject(restricted);
      expect(context.runAsUser, pod.name).toBeGreaterThan(0);
      expect(context.capabilities?.add, pod.name).toBeUndefined();
      expect(context.privileged ?? false, pod.name).toBe(false);
    }
  }
});

const restricted = {
  runAsNonRoot: true,
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
};

test("the services run as the user of the image, with its group on what they are given", () => {
  const dockerfile = readFileSync(join(import.meta.dirname, "../docker/Dockerfile"), "utf8");
  const user = Number(/^USER (\d+):\1$/m.exec(dockerfile)?.[1]);
  for (const { name, spec } of services("minimal")) {
    expect(spec.securityContext, name).toMatchObject({ runAsUser: user, runAsGroup: user, fsGroup: user });
  }
});

test("what can be written is a folder of the pod's own with a limit, or a volume", () => {
  for (const { name, spec } of everything.flatMap((file) => pods(file))) {
    for (const { emptyDir, ...volume } of spec.volumes ?? []) {
      if (emptyDir !== undefined) expect(emptyDir.sizeLimit, `${name} ${volume.name}`).toMatch(/^\d+[MG]i$/);
    }
  }
});

function claimsOf(owner: KubeObject | Workload): readonly KubeObject[] {
  return "spec" in owner ? (owner.spec.volumeClaimTemplates ?? []) : [];
}

test("every mount has its volume, every volume its mount", () => {
  for (const file of everything) {
    for (const { name, owner, spec } of pods(file)) {
      const claims = claimsOf(owner).map(({ metadata }) => metadata.name);
      const mounted = containersOf(spec).flatMap(({ volumeMounts = [] }) =>
        volumeMounts.map((mount) => mount.name),
      );
      const there = [...(spec.volumes ?? []).map((volume) => volume.name), ...claims];
      expect([...new Set(mounted)].sort(), `${file} ${name}`).toEqual(there.sort());
    }
  }
});

test("no pod is given a token of the cluster, or variables for every Service", () => {
  for (const file of everything) {
    const render = rendered({ file });
    const accounts = render.of("ServiceAccount");
    expect(accounts.map(({ automountServiceAccountToken }) => automountServiceAccountToken)).toEqual([false]);
    for (const { name, spec } of renderedPods(render)) {
      expect(spec.automountServiceAccountToken, name).toBe(false);
      expect(spec.enableServiceLinks, name).toBe(false);
      expect(
        accounts.map(({ metadata }) => metadata.name),
        name,
      ).toContain(spec.serviceAccountName);
    }
  }
});

test("no role and no right comes with the chart", () => {
  for (const file of everything) {
    const kinds = rendered({ file }).objects.map(({ kind }) => kind);
    expect(kinds.filter((kind) => /Role|Secret$/.test(kind))).toEqual([]);
  }
});
