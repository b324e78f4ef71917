import { describe, expect, test } from "vitest";
import { type Rendered, rendered, type Values } from "./rendered.ts";
import { renderedPods, selects } from "./rendered-pods.ts";

const gateway = "audit-event-gateway";

function ofGateway(settings: Values): Rendered {
  return rendered({ values: { services: { [gateway]: settings } } });
}

function named(objects: readonly { readonly metadata: { readonly name: string } }[]): string[] {
  return objects.map(({ metadata }) => metadata.name);
}

describe("pods of a service", () => {
  test("one by default, with no budget that would stop a drain of nodes", () => {
    const render = rendered();
    for (const { metadata, spec } of render.of("Deployment")) expect(spec.replicas, metadata.name).toBe(1);
    expect(render.of("PodDisruptionBudget")).toEqual([]);
    expect(render.of("HorizontalPodAutoscaler")).toEqual([]);
  });

  test("several have a budget of one away at a time, for exactly them", () => {
    const render = ofGateway({ replicas: 3 });
    expect(render.the("Deployment", gateway).spec.replicas).toBe(3);
    const [budget, ...others] = render.of("PodDisruptionBudget");
    expect(others).toEqual([]);
    expect(budget?.spec.maxUnavailable).toBe(1);
    const meant = renderedPods(render).filter(({ labels }) => selects(budget?.spec.selector, labels));
    expect(meant.map(({ name }) => name)).toEqual([gateway]);
  });

  test("a budget can be left out", () => {
    expect(ofGateway({ replicas: 3, pdb: { enabled: false } }).of("PodDisruptionBudget")).toEqual([]);
  });

  test("autoscaled ones have no number of their own, which an upgrade would set again", () => {
    const render = ofGateway({ replicas: 3, autoscaling: { enabled: true } });
    expect(render.the("Deployment", gateway).spec).not.toHaveProperty("replicas");
    expect(named(render.of("HorizontalPodAutoscaler"))).toEqual([`auditflow-${gateway}`]);
    expect(named(render.of("PodDisruptionBudget"))).toEqual([`auditflow-${gateway}`]);
  });

  test("an autoscaler means the workload that is there, of whichever kind", () => {
    for (const kind of ["Deployment", "StatefulSet"] as const) {
      const render = ofGateway({ kind, autoscaling: { enabled: true } });
      const { scaleTargetRef, minReplicas, maxReplicas } = render.the(
        "HorizontalPodAutoscaler",
        gateway,
      ).spec;
      expect(scaleTargetRef).toEqual({ apiVersion: "apps/v1", kind, name: `auditflow-${gateway}` });
      expect(render.the(kind, gateway).metadata.name).toBe(scaleTargetRef.name);
      expect(minReplicas).toBeLessThan(maxReplicas);
    }
  });

  test("none by number zero: false and 0 are values like others", () => {
    expect(ofGateway({ replicas: 0 }).the("Deployment", gateway).spec.replicas).toBe(0);
  });

  test("none, and nothing else of it, when it is not enabled", () => {
    const render = ofGateway({ enabled: false });
    expect(named(render.objects).filter((name) => name.endsWith(gateway))).toEqual([]);
    expect(render.text).not.toContain(`auditflow-${gateway}`);
  });

  test("they spread over nodes, counted by the labels of their own", () => {
    for (const { labels, spec, name } of renderedPods(rendered()).filter(
      (pod) => pod.owner.kind === "Deployment",
    )) {
      expect(spec.topologySpreadConstraints, name).toHaveLength(1);
      for (const { labelSelector } of spec.topologySpreadConstraints ?? []) {
        expect(selects(labelSelector, labels), name).toBe(true);
      }
    }
  });

  test("an upgrade starts the new pod before it ends the old one, and a few old ReplicaSets stay for a rollback", () => {
    for (const { metadata, spec } of rendered().of("Deployment")) {
      expect(spec.strategy?.rollingUpdate, metadata.name).toEqual({ maxUnavailable: 0, maxSurge: 1 });
      expect(spec.revisionHistoryLimit, metadata.name).toBe(3);
    }
  });
});

describe("settings of a service", () => {
  test("those of one go over those of all, part by part", () => {
    const render = rendered({
      values: {
        serviceDefaults: { resources: { requests: { cpu: "333m" } }, nodeSelector: { disk: "ssd" } },
        services: { [gateway]: { resources: { requests: { cpu: "444m" } } } },
      },
    });
    const [own, other] = [gateway, "notification-service"].map(
      (name) => render.the("Deployment", name).spec.template.spec,
    );
    expect(own?.containers[0]?.resources?.requests).toEqual({ cpu: "444m", memory: "384Mi" });
    expect(own?.nodeSelector).toEqual({ disk: "ssd" });
    expect(other?.nodeSelector).toEqual({ disk: "ssd" });
  });
});
