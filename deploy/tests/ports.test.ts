import { expect, test } from "vitest";
import { roleNames, roleTable } from "../../packages/server/src/app/role-table.ts";
import { type Rendered, rendered } from "./rendered.ts";
import type { Probe } from "./rendered-kinds.ts";
import { containerOf, containersOf, envOf, renderedPods, selects } from "./rendered-pods.ts";

const everything = ["minimal", "all-on", "external", "k3s"] as const;

test("every Service selects pods of the release, and each of its ports is one that their container names", () => {
  for (const file of everything) {
    const render = rendered({ file });
    for (const { metadata, spec } of render.of("Service")) {
      const pods = renderedPods(render).filter(({ labels }) =>
        selects({ matchLabels: spec.selector ?? {} }, labels),
      );
      expect(pods.length, metadata.name).toBe(1);
      const listened = pods.flatMap((pod) => containersOf(pod.spec).flatMap(({ ports = [] }) => ports));
      for (const { targetPort, port } of spec.ports) {
        const found = listened.find(
          ({ name, containerPort }) => targetPort === name || targetPort === containerPort,
        );
        expect(found?.containerPort, `${metadata.name}:${port}`).toBe(port);
      }
    }
  }
});

test("each service listens on the port of the role table, named http, and has a Service with the same number", () => {
  const render = rendered();
  for (const role of roleNames) {
    const { port } = roleTable[role];
    const pod = renderedPods(render).find(({ name }) => name === role);
    if (pod === undefined) throw new Error(`${role} is not rendered`);
    expect(containerOf(pod).ports).toEqual([{ name: "http", containerPort: port, protocol: "TCP" }]);
    const { ports } = render.the("Service", role).spec;
    expect(ports).toEqual([expect.objectContaining({ name: "http", port, targetPort: "http" })]);
    expect(containerOf(pod).args).toEqual(["serve", role]);
    expect(containerOf(pod).command).toBeUndefined();
  }
});

test("only ClusterIP: nothing of the chart opens a port of a node or asks for an address outside", () => {
  for (const file of everything) {
    const render = rendered({ file });
    for (const { spec } of render.of("Service")) expect(spec.type ?? "ClusterIP").toBe("ClusterIP");
    const ports = renderedPods(render).flatMap(({ spec }) =>
      containersOf(spec).flatMap(({ ports = [] }) => ports),
    );
    expect(ports.filter(({ hostPort }) => hostPort !== undefined)).toEqual([]);
  }
});

test("every StatefulSet has the Service that it names", () => {
  for (const file of everything) {
    const render = rendered({ file });
    const services = render.of("Service").map(({ metadata }) => metadata.name);
    for (const { metadata, spec } of render.of("StatefulSet"))
      expect(services, metadata.name).toContain(spec.serviceName);
  }
});

test("every probe by HTTP or TCP asks a port that its container names", () => {
  for (const file of everything) {
    for (const { name, spec } of renderedPods(rendered({ file }))) {
      for (const container of containersOf(spec)) {
        const names = (container.ports ?? []).flatMap((port) => [port.name, port.containerPort]);
        const probes = [container.startupProbe, container.livenessProbe, container.readinessProbe];
        for (const probe of probes.filter((one) => one !== undefined)) {
          const port = portOf(probe);
          if (port !== undefined) expect(names, name).toContain(port);
        }
      }
    }
  }
});

function portOf({ httpGet, tcpSocket }: Probe): string | number | undefined {
  return httpGet?.port ?? tcpSocket?.port;
}

test("the front door is told of exactly the services that are installed, by the names and ports of their Services", () => {
  const all = upstreams(rendered());
  expect(all).toEqual({
    AUDITFLOW_GENERATOR_URL: "http://auditflow-audit-event-generator:5000",
    AUDITFLOW_GATEWAY_URL: "http://auditflow-audit-event-gateway:5002",
    AUDITFLOW_ANALYSIS_URL: "http://auditflow-audit-log-analysis:5001",
    AUDITFLOW_NOTIFICATION_URL: "http://auditflow-notification-service:8000",
  });
  const without = rendered({ values: { services: { "audit-event-generator": { enabled: false } } } });
  const { AUDITFLOW_GENERATOR_URL: _gone, ...others } = all;
  expect(upstreams(without)).toEqual(others);
  expect(without.of("Service").map(({ metadata }) => metadata.name)).not.toContain(
    "auditflow-audit-event-generator",
  );
});

function upstreams(render: Rendered): Record<string, string> {
  const pod = renderedPods(render).find(({ name }) => name === "event-audit-dashboard");
  if (pod === undefined) throw new Error("the front door is not rendered");
  const env = Object.entries(envOf(containerOf(pod)));
  return Object.fromEntries(env.filter(([name]) => /^AUDITFLOW_(?!BASE)[A-Z]+_URL$/.test(name)));
}

test("every backend of an Ingress or HTTPRoute is a port of a Service of the release", () => {
  const render = rendered({ file: "all-on" });
  const ingress = render
    .of("Ingress")
    .flatMap(({ spec }) => spec.rules.flatMap(({ http }) => http.paths))
    .map(({ backend }) => ({ service: backend.service.name, port: backend.service.port.name ?? "" }));
  const routes = render
    .of("HTTPRoute")
    .flatMap(({ spec }) => spec.rules.flatMap(({ backendRefs = [] }) => backendRefs))
    .map(({ name, port }) => ({ service: name, port }));
  const ports = render.of("Service").flatMap(({ metadata, spec }) =>
    spec.ports.flatMap(({ name = "", port }) => [
      { service: metadata.name, port: name },
      { service: metadata.name, port },
    ]),
  );
  for (const backend of [...ingress, ...routes]) expect(ports).toContainEqual(backend);
  const open = ["auditflow-audit-event-gateway", "auditflow-event-audit-dashboard"];
  expect([...new Set(ingress.map(({ service }) => service))].sort()).toEqual(open);
  expect([...new Set(routes.map(({ service }) => service))].sort()).toEqual(open);
});

test("without being asked the chart opens no way in from outside", () => {
  const render = rendered();
  expect([...render.of("Ingress"), ...render.of("HTTPRoute")]).toEqual([]);
});

test("the gateway is open to outside for the two paths that take events in, and for nothing else", () => {
  const render = rendered({ file: "all-on" });
  const { rules } = render.the("Ingress", "audit-event-gateway").spec;
  const paths = rules.flatMap(({ http }) => http.paths.map(({ path }) => path));
  expect(paths.sort()).toEqual(["/api/v1/events", "/api/v1/ingest"]);
});

test("TLS of an Ingress is for its host and has a Secret of its own unless one is named", () => {
  const ingress = (tls: object) => ({
    ingress: { dashboard: { enabled: true, host: "audit.example.org", tls } },
  });
  const spec = (tls: object) =>
    rendered({ values: ingress(tls) }).the("Ingress", "event-audit-dashboard").spec;
  expect(spec({}).tls).toEqual([
    { hosts: ["audit.example.org"], secretName: "auditflow-event-audit-dashboard-tls" },
  ]);
  expect(spec({ secretName: "mine" }).tls).toEqual([{ hosts: ["audit.example.org"], secretName: "mine" }]);
  expect(spec({ enabled: false }).tls).toBeUndefined();
});
