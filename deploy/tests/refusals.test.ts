import { describe, expect, test } from "vitest";
import { refusal, rendered, type Values } from "./rendered.ts";

const host = { host: "server.example.org" };
const cidrs = ["10.1.2.0/24"];
const route = { hostnames: ["audit.example.org"], parentRefs: [{ name: "public" }] };

/** What somebody gets wrong, and words that the one sentence about it must hold. */
const mistakes: Readonly<Record<string, readonly [Values, ...string[]]>> = {
  "no credentials": [
    { credentials: { existingSecret: "" } },
    "credentials.existingSecret",
    "make-credentials.ts",
  ],
  "an unknown key": [{ imag: {} }, "imag"],
  "an unknown key below": [{ config: { retentiondays: 3 } }, "retentiondays"],
  "an unknown service": [{ services: { "audit-event-archive": {} } }, "audit-event-archive"],
  "an unknown key of a service": [{ services: { "audit-event-gateway": { replica: 2 } } }, "replica"],
  "a number as text": [{ config: { rateLimit: "many" } }, "rateLimit"],
  "a number that is too small": [{ config: { retentionDays: -1 } }, "retentionDays"],
  "an unknown mode": [{ redis: { mode: "operator" } }, "mode", "external"],
  "an unknown level": [{ logLevel: { level: "loud" } }, "level", "warn"],
  "an unknown kind of workload": [{ serviceDefaults: { kind: "DaemonSet" } }, "kind", "StatefulSet"],
  "memory in another unit": [{ serviceDefaults: { resources: { limits: { memory: "512MB" } } } }, "memory"],
  "a memory request": [{ serviceDefaults: { resources: { requests: { memory: "1Gi" } } } }, "memory"],
  "bundled and external at once": [
    { redis: { mode: "bundled", external: { ...host, cidrs } } },
    "redis.external",
  ],
  "external with a bundled setting": [
    { postgresql: { mode: "external", external: { ...host, cidrs }, bundled: { size: "1Gi" } } },
    "postgresql.bundled.size",
  ],
  "external without a host": [
    { rabbitmq: { mode: "external", external: { cidrs } } },
    "rabbitmq.external.host",
  ],
  "external without a place": [{ redis: { mode: "external", external: host } }, "redis.external.cidrs"],
  "a network that is none": [
    { redis: { mode: "external", external: { ...host, cidrs: ["10.1.2.300/24"] } } },
    "cidrs",
  ],
  "a network of channels that is none": [{ networkPolicy: { channels: { cidrs: ["everywhere"] } } }, "cidrs"],
  "an Ingress without a host": [{ ingress: { dashboard: { enabled: true } } }, "ingress.dashboard.host"],
  "an HTTPRoute without a host": [
    { httpRoute: { gateway: { enabled: true, parentRefs: route.parentRefs } } },
    "httpRoute.gateway.hostnames",
  ],
  "an HTTPRoute without a Gateway": [
    { httpRoute: { gateway: { enabled: true, hostnames: route.hostnames } } },
    "httpRoute.gateway.parentRefs",
  ],
  "both kinds of route without a host": [
    { ingress: { gateway: { enabled: true } }, httpRoute: { gateway: { enabled: true } } },
    "host",
  ],
  "a way in to a service that is off": [
    {
      ingress: { gateway: { enabled: true, ...host } },
      services: { "audit-event-gateway": { enabled: false } },
    },
    "audit-event-gateway",
  ],
  "no rules at all": [{ rules: { pack: false } }, "rules.pack"],
  "rules twice": [
    { rules: { files: { "a.yml": "title: a" }, existingConfigMap: "mine" } },
    "rules.existingConfigMap",
  ],
  "less than no pods": [{ serviceDefaults: { replicas: -1 } }, "replicas"],
  "more at least than at most": [
    { serviceDefaults: { autoscaling: { enabled: true, minReplicas: 5, maxReplicas: 2 } } },
    "minReplicas",
  ],
  "traces that nobody lets through": [
    { config: { tracing: { endpoint: "http://c:4318" } } },
    "networkPolicy.tracing.peers",
  ],
  "a scrape that nobody lets through": [
    { monitoring: { serviceMonitor: { enabled: true } } },
    "networkPolicy.prometheus.peers",
  ],
  "an image without an exact tag": [{ image: { tag: "latest" } }, "tag"],
  "a bundled image without an exact tag": [{ redis: { bundled: { image: "redis:latest" } } }, "image"],
  "a digest that is none": [{ image: { digest: "0123" } }, "digest"],
  "a secret as a value": [{ credentials: { apiToken: "0123456789abcdef" } }, "apiToken"],
  "an address of the page that is none": [{ config: { baseUrl: "audit.example.org" } }, "baseUrl"],
  "a collector that is none": [{ config: { tracing: { endpoint: "collector" } } }, "endpoint"],
  "a name of a rule that is no file": [{ rules: { files: { "../a": "title: a" } } }, "files"],
};

describe.each(["helm", "helm3"] as const)("%s refuses with one sentence that says where", (helm) => {
  test.each(Object.entries(mistakes))("%s", (_name, [values, ...words]) => {
    const said = refusal({ values, helm });
    for (const word of words) expect(said).toContain(word);
    // A schema adds where it stands; more than that nobody would read.
    expect(said.split("\n").filter((line) => line !== "").length, said).toBe(1);
  });
});

test("a cluster that is older than what the pods need is refused with the version that they need", () => {
  expect(refusal({ kubeVersion: "1.29.9" })).toMatch(/requires kubeVersion: >=1\.30\.0-0/);
  expect(rendered({ kubeVersion: "1.30.0" }).objects.length).toBeGreaterThan(0);
});
