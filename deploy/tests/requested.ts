import type { Rendered } from "./rendered.ts";
import type { PodSpec, Workload } from "./rendered-kinds.ts";

/** Amounts as Kubernetes writes them, by what they are of. */
export type Quantities = Readonly<Record<string, string>>;

const units: Readonly<Record<string, number>> = {
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
};

/** An amount as a number: CPUs, bytes or pieces. @throws when it is none. */
export function quantity(text: string): number {
  const [, number = "", unit = ""] = /^([\d.]+)([A-Za-z]*)$/.exec(text) ?? [];
  const factor = units[unit];
  if (number === "" || factor === undefined) throw new Error(`${text} is no quantity`);
  return Number(number) * factor;
}

/**
 * What a release asks of a ResourceQuota: at its most, while an upgrade runs, with the pod of `helm test`; or at rest.
 */
export function requestedBy(render: Rendered, when: "upgrade" | "rest" = "upgrade"): Record<string, number> {
  const surge = when === "upgrade" ? maxSurge : 0;
  const asked: Record<string, number> = {};
  const add = (name: string, amount: number): void => {
    asked[name] = (asked[name] ?? 0) + amount;
  };
  const addPods = (spec: PodSpec, count: number): void => {
    add("pods", count);
    for (const { resources } of spec.containers) {
      add("requests.cpu", count * quantity(resources?.requests?.["cpu"] ?? "0"));
      add("requests.memory", count * quantity(resources?.requests?.["memory"] ?? "0"));
      add("limits.memory", count * quantity(resources?.limits?.["memory"] ?? "0"));
    }
  };
  for (const one of render.of("Deployment")) addPods(one.spec.template.spec, replicas(one) + surge);
  for (const one of render.of("StatefulSet")) {
    addPods(one.spec.template.spec, replicas(one));
    for (const claim of one.spec.volumeClaimTemplates ?? []) {
      add("persistentvolumeclaims", replicas(one));
      add("requests.storage", replicas(one) * quantity(claim.spec.resources.requests.storage));
    }
  }
  if (when === "upgrade") for (const one of render.of("Pod")) addPods(one.spec, 1);
  return asked;
}

function replicas({ spec }: Workload): number {
  return spec.replicas ?? 1;
}

/** Pods more of each Deployment while an upgrade runs: maxSurge of the chart. */
const maxSurge = 1;
