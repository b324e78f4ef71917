import { describe, expect, test } from "vitest";
import { type Rendered, rendered } from "./rendered.ts";

const servers = ["postgresql", "rabbitmq", "redis"] as const;

describe.each(servers)("bundled %s", (server) => {
  const set = (bundled: object): Rendered => rendered({ values: { [server]: { bundled } } });
  const claim = (bundled: object) => {
    const [template, ...others] = set(bundled).the("StatefulSet", server).spec.volumeClaimTemplates ?? [];
    expect(others).toEqual([]);
    return template;
  };

  test("has a volume of the cluster's default class, of a named one, or of none", () => {
    expect(claim({})?.spec).not.toHaveProperty("storageClassName");
    expect(claim({ storageClass: "" })?.spec).not.toHaveProperty("storageClassName");
    expect(claim({ storageClass: "auditflow-retain" })?.spec.storageClassName).toBe("auditflow-retain");
    expect(claim({ storageClass: "-" })?.spec.storageClassName).toBe("");
  });

  test("has a volume of the size that is asked for", () => {
    expect(claim({ size: "33Gi" })?.spec.resources.requests.storage).toBe("33Gi");
  });

  test("keeps the name and labels of its volume over versions, which Kubernetes does not let change", () => {
    expect(claim({})?.metadata).toEqual({
      name: "data",
      labels: {
        "app.kubernetes.io/name": "auditflow",
        "app.kubernetes.io/instance": "auditflow",
        "app.kubernetes.io/component": server,
      },
    });
  });

  test("takes a claim that is there already, and makes none then", () => {
    const { volumeClaimTemplates, template } = set({ existingClaim: "mine" }).the("StatefulSet", server).spec;
    expect(volumeClaimTemplates).toBeUndefined();
    const volumes = template.spec.volumes?.filter(
      ({ persistentVolumeClaim }) => persistentVolumeClaim !== undefined,
    );
    expect(volumes).toEqual([{ name: "data", persistentVolumeClaim: { claimName: "mine" } }]);
  });

  test("is one pod: nobody should take it for more", () => {
    expect(set({}).the("StatefulSet", server).spec.replicas).toBe(1);
  });

  test("is gone, with all that belongs to it, when there is an external one", () => {
    const external = { mode: "external", external: { host: "server.example.org", cidrs: ["10.1.2.0/24"] } };
    const render = rendered({ values: { [server]: external } });
    expect(render.objects.map(({ metadata }) => metadata.name)).not.toContain(`auditflow-${server}`);
  });
});
