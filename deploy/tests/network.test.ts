import { describe, expect, test } from "vitest";
import { type Rendered, rendered, type Values } from "./rendered.ts";
import { type End, type Knock, renderedEnds, renderedReach } from "./rendered-reach.ts";

const ownNamespace = "auditflow";

/** What there may be beside a release, in the cluster and outside. */
const others: readonly End[] = [
  pod("dns", "kube-system", { "k8s-app": "kube-dns" }),
  pod("traefik", "kube-system", { "app.kubernetes.io/name": "traefik" }),
  pod("collector of logs", "logging", { app: "vector" }),
  pod("prometheus", "monitoring", { app: "prometheus" }),
  pod("collector of traces", "tracing", { app: "collector" }),
  pod("broker outside", "messaging", { app: "rabbitmq" }),
  pod("neighbour", ownNamespace, { app: "something" }),
  pod("stranger", "default", {
    "app.kubernetes.io/name": "auditflow",
    "app.kubernetes.io/instance": "auditflow",
  }),
  address("internet", "203.0.113.9"),
  address("private network", "10.9.0.7"),
  address("metadata of the cloud", "169.254.169.254"),
  address("database outside", "10.20.0.5"),
  address("cache outside", "10.20.0.20"),
];

function pod(name: string, namespace: string, labels: Record<string, string>): End {
  return { name, address: "10.42.1.1", namespace, pod: labels, listens: new Map() };
}

function address(name: string, ip: string): End {
  return { name, address: ip, listens: new Map() };
}

/** Ports at which everybody knocks at everybody: those in use, and others that something might listen on. */
const knocks: readonly Knock[] = [
  ...[22, 25, 53, 80, 443, 465, 587, 4318, 4369, 5000, 5001, 5002, 5432, 5671, 5672, 6379, 6380].map(tcp),
  ...[8000, 8080, 9090, 15_672, 15_692, 25_672].map(tcp),
  ...[53, 514].map((port) => ({ port, protocol: "UDP" }) as const),
];

function tcp(port: number): Knock {
  return { port, protocol: "TCP" };
}

/** Every connection that is possible, in words, among the pods of a release and between them and all others. */
function reach(file: string, values: Values = {}): string[] {
  const render = rendered({ file, values });
  const own = renderedEnds(render);
  const neighbours = renderedEnds(rendered({ file: "minimal", release: "second" })).map((end) => ({
    ...end,
    name: `second ${end.name}`,
  }));
  const all = [...own, ...others, ...neighbours];
  // What goes on among others is not this chart's affair.
  return renderedReach(render, all, knocks).filter((line) =>
    own.some(({ name }) => line.startsWith(`${name} ->`) || line.includes(`-> ${name}:`)),
  );
}

const services = {
  "audit-event-generator": 5000,
  "audit-event-gateway": 5002,
  "audit-log-analysis": 5001,
  "notification-service": 8000,
  "event-audit-dashboard": 8080,
} as const;

/** Who looks names up. */
const resolving = [...Object.keys(services), "test"].flatMap((name) => [
  `${name} -> dns:53`,
  `${name} -> dns:53/UDP`,
]);

/** What every installation needs that has all services and bundled servers. */
const needed = [
  "event-audit-dashboard -> audit-event-generator:5000",
  "event-audit-dashboard -> audit-event-gateway:5002",
  "event-audit-dashboard -> audit-log-analysis:5001",
  "event-audit-dashboard -> notification-service:8000",
  "audit-event-generator -> rabbitmq:5672",
  "audit-event-gateway -> rabbitmq:5672",
  "audit-log-analysis -> rabbitmq:5672",
  "audit-log-analysis -> redis:6379",
  "notification-service -> rabbitmq:5672",
  "notification-service -> postgresql:5432",
  "notification-service -> internet:443",
  "notification-service -> internet:465",
  "notification-service -> internet:587",
  "test -> event-audit-dashboard:8080",
  ...resolving,
];

describe("the NetworkPolicies let through exactly", () => {
  test("minimal: what the services need of each other, names, and the channels", () => {
    expect(reach("minimal")).toEqual([...needed].sort());
  });

  test("all-on: besides, the ways in that are open, the senders, Prometheus and the traces", () => {
    expect(reach("all-on")).toEqual(
      [
        ...needed,
        "traefik -> event-audit-dashboard:8080",
        "traefik -> audit-event-gateway:5002",
        "collector of logs -> audit-event-gateway:5002",
        ...Object.entries(services).flatMap(([name, port]) => [
          `prometheus -> ${name}:${port}`,
          `${name} -> collector of traces:4318`,
        ]),
      ].sort(),
    );
  });

  test("external: the servers where they are said to be, and nothing of a service that is off", () => {
    const bundled = / -> (?:rabbitmq|redis|postgresql):|audit-event-generator/;
    expect(reach("external")).toEqual(
      [
        ...needed.filter((line) => !bundled.test(line)),
        "audit-event-gateway -> broker outside:5671",
        "audit-log-analysis -> broker outside:5671",
        "notification-service -> broker outside:5671",
        "audit-log-analysis -> cache outside:6380",
        "notification-service -> database outside:5432",
        "traefik -> event-audit-dashboard:8080",
        "traefik -> audit-event-gateway:5002",
      ].sort(),
    );
  });

  test("k3s: besides, Traefik to the page", () => {
    expect(reach("k3s")).toEqual([...needed, "traefik -> event-audit-dashboard:8080"].sort());
  });
});

test("without channels nothing at all of the outside is reached", () => {
  const lines = reach("minimal", { networkPolicy: { channels: { enabled: false } } });
  expect(lines).toEqual(needed.filter((line) => !line.includes("internet")).sort());
});

test("channels that may reach a private network reach that and no other", () => {
  const channels = { cidrs: ["0.0.0.0/0", "10.9.0.0/16"], ports: [443] };
  const lines = reach("minimal", { networkPolicy: { channels } });
  const outside = lines.filter((line) => /internet|private|metadata|outside/.test(line));
  expect(outside).toEqual([
    "notification-service -> internet:443",
    "notification-service -> private network:443",
  ]);
});

test("every pod is under a policy for both directions", () => {
  for (const file of ["minimal", "all-on", "external", "k3s"]) {
    const render = rendered({ file });
    const denying = render.the("NetworkPolicy", "default-deny").spec;
    expect(denying.policyTypes).toEqual(["Ingress", "Egress"]);
    expect([denying.ingress, denying.egress]).toEqual([undefined, undefined]);
  }
});

test.each(["Ingress", "Egress"] as const)(
  "among the pods of a release the %s policies alone let through no more",
  (type) => {
    for (const file of ["minimal", "all-on", "k3s"]) {
      const render = rendered({ file });
      const own = renderedEnds(render);
      const among = needed.filter((line) => own.some(({ name }) => line.includes(`-> ${name}:`)));
      expect(renderedReach(onlyOf(type, render), own, knocks), file).toEqual(among.sort());
    }
  },
);

/** The render as if its policies said nothing of the other direction. */
function onlyOf(type: "Ingress" | "Egress", render: Rendered): Rendered {
  const policies = render
    .of("NetworkPolicy")
    .filter(({ spec }) => spec.policyTypes?.includes(type))
    .map((policy) => ({ ...policy, spec: { ...policy.spec, policyTypes: [type] } }));
  return {
    ...render,
    of: ((kind) => (kind === "NetworkPolicy" ? policies : render.of(kind))) as Rendered["of"],
  };
}

test("networkPolicy.enabled: false renders none", () => {
  const render = rendered({ values: { networkPolicy: { enabled: false } } });
  expect(render.of("NetworkPolicy")).toEqual([]);
});

test("whoever computes this sees a pod that no policy means as open", () => {
  const render = rendered({ values: { networkPolicy: { enabled: false } } });
  const lines = renderedReach(render, [...renderedEnds(render), ...others], [tcp(6379)]);
  expect(lines).toContain("stranger -> redis:6379");
  expect(lines).toContain("redis -> internet:6379");
});
