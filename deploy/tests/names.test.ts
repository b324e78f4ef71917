import { expect, test } from "vitest";
import { roleNames } from "../../packages/server/src/app/role-table.ts";
import { refusal, rendered } from "./rendered.ts";
import type { KubeObject, Workload } from "./rendered-kinds.ts";
import { component, containersOf, renderedPods, selects } from "./rendered-pods.ts";

const everything = ["minimal", "all-on", "external", "k3s"] as const;
const longest = "a".repeat(24);

/** What Kubernetes appends to the name of a workload: `-` and a hash of up to 10, `-` and 5; to an ordinal at most 4. */
const appended = { Deployment: 17, StatefulSet: 4 + "-".length + 10 } as const;

function workloads(file: string, release = "auditflow"): Workload[] {
  const render = rendered({ file, release });
  return [...render.of("Deployment"), ...render.of("StatefulSet")];
}

test("a release name of 24 characters is taken, with it every name of a pod fits into 63", () => {
  for (const file of everything) {
    for (const { kind, metadata } of workloads(file, longest)) {
      const length = metadata.name.length + appended[kind as keyof typeof appended];
      expect(length, `${kind} ${metadata.name}`).toBeLessThanOrEqual(63);
    }
  }
});

test.each([25, 53])(
  "a release name of %i characters is refused with one sentence that says the limit",
  (length) => {
    const said = refusal({ release: "b".repeat(length) });
    expect(said).toMatch(new RegExp(`^The release name "b+" has ${length} characters: .*at most 24.*\\.$`));
  },
);

test("the workload of a service is <release>-<service> and its container is the service", () => {
  for (const file of everything) {
    const services = workloads(file, "rel").filter(({ spec }) =>
      (roleNames as readonly string[]).includes(spec.template.metadata.labels[component] ?? ""),
    );
    for (const { metadata, spec } of services) {
      const service = spec.template.metadata.labels[component];
      expect(metadata.name).toBe(`rel-${service}`);
      expect(spec.template.spec.containers.map(({ name }) => name)).toEqual([service]);
    }
    expect(services.length).toBeGreaterThanOrEqual(4);
  }
});

test("every object of a namespace has the release before its name, and its namespace written down", () => {
  for (const file of everything) {
    for (const { kind, metadata } of rendered({ file, release: "rel" }).objects) {
      expect(metadata.name, kind).toMatch(/^rel-[a-z0-9]+(?:-[a-z0-9]+)*$/);
      if (!kind.startsWith("ValidatingAdmission"))
        expect(metadata.namespace, metadata.name).toBe("auditflow");
    }
  }
});

test("no two objects of a kind share a name", () => {
  for (const file of everything) {
    const names = rendered({ file }).objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(names).toEqual([...new Set(names)]);
  }
});

test("the six labels of a Kubernetes application are on every object and every pod", () => {
  for (const file of everything) {
    const render = rendered({ file });
    const pods = renderedPods(render).map(({ labels, owner }) => ({
      ...owner,
      metadata: { ...owner.metadata, labels },
    }));
    for (const object of [...render.objects, ...pods])
      expect(object.metadata.labels, nameOf(object)).toMatchObject(common);
  }
});

const common = {
  "app.kubernetes.io/name": "auditflow",
  "app.kubernetes.io/instance": "auditflow",
  "app.kubernetes.io/component": expect.any(String),
  "app.kubernetes.io/part-of": "auditflow",
  "app.kubernetes.io/version": "0.1.0",
  "app.kubernetes.io/managed-by": "Helm",
};

function nameOf({ kind, metadata }: KubeObject): string {
  return `${kind}/${metadata.name}`;
}

test("a workload selects its own pods by name, instance and component alone, so that no upgrade changes its selector", () => {
  for (const file of everything) {
    for (const workload of workloads(file)) {
      const { selector, template } = workload.spec;
      expect(Object.keys(selector.matchLabels ?? {}).sort(), nameOf(workload)).toEqual([
        "app.kubernetes.io/component",
        "app.kubernetes.io/instance",
        "app.kubernetes.io/name",
      ]);
      expect(selector.matchExpressions).toBeUndefined();
      expect(selects(selector, template.metadata.labels), nameOf(workload)).toBe(true);
    }
  }
});

test("a workload selects the pods of no other workload, of this release or another", () => {
  const pods = [rendered({ file: "all-on" }), rendered({ file: "all-on", release: "other" })].flatMap(
    renderedPods,
  );
  for (const workload of workloads("all-on")) {
    const own = pods
      .filter(({ labels }) => selects(workload.spec.selector, labels))
      .map(({ owner }) => nameOf(owner));
    expect(own).toEqual([nameOf(workload)]);
  }
});

test.each([
  ["podLabels", "app.kubernetes.io/component"],
  ["podAnnotations", "checksum/settings"],
])("%s from the values that would take the place of ours are refused", (key, name) => {
  expect(refusal({ values: { serviceDefaults: { [key]: { [name]: "mine" } } } })).toContain(key);
});

test("an option gives pods names that can be told beforehand", () => {
  const values = { services: { "audit-event-gateway": { kind: "StatefulSet" } } };
  const { spec } = rendered({ values }).the("StatefulSet", "audit-event-gateway");
  expect(spec.serviceName).toBe("auditflow-audit-event-gateway");
});

test("every image has an exact tag, and a digest goes with it", () => {
  for (const file of everything) {
    for (const { spec } of renderedPods(rendered({ file }))) {
      for (const { image } of containersOf(spec))
        expect(image).toMatch(/^[\w./-]+:[\d][\w.-]+(?:@sha256:[\da-f]{64})?$/);
    }
  }
  const image = { registry: "registry.example.org/team", digest: `sha256:${"0".repeat(64)}` };
  const [container] = rendered({ values: { image } }).the("Deployment", "event-audit-dashboard").spec.template
    .spec.containers;
  expect(container?.image).toBe(`registry.example.org/team/auditflow:0.1.0@sha256:${"0".repeat(64)}`);
});
