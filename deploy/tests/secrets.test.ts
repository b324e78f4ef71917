import { describe, expect, test } from "vitest";
import { roleNames, roleTable } from "../../packages/server/src/app/role-table.ts";
import { settings } from "../../packages/server/src/app/settings.ts";
import { bundledUrls, makeCredentials } from "../helm/credentials.ts";
import { rendered } from "./rendered.ts";
import {
  containerOf,
  containersOf,
  envOf,
  mountedFiles,
  type RenderedPod,
  renderedPods,
} from "./rendered-pods.ts";

const everything = ["minimal", "all-on", "external", "k3s"] as const;
const folder = "/run/secrets/auditflow";

function pods(file: string): RenderedPod[] {
  return renderedPods(rendered({ file }));
}

/** The keys of Secrets that a pod is given, by name of the file. */
function keysOf({ spec }: RenderedPod): Record<string, string> {
  const files = mountedFiles(spec).filter(({ from }) => from === "Secret");
  return Object.fromEntries(files.map(({ path, key }) => [path, key]));
}

/** What each pod is given, and nothing else. */
const keys: Readonly<Record<string, readonly string[]>> = {
  "audit-event-generator": ["api-token", "transport-url.audit-event-generator"],
  "audit-event-gateway": ["api-token", "transport-url.audit-event-gateway"],
  "audit-log-analysis": ["api-token", "transport-url.audit-log-analysis", "windows-url"],
  "notification-service": ["api-token", "transport-url.notification-service", "database-url"],
  "event-audit-dashboard": ["api-token"],
  postgresql: ["postgresql-password"],
  rabbitmq: ["rabbitmq-definitions.json"],
  redis: ["redis-users.acl"],
  test: [],
};

describe.each(everything)("%s", (file) => {
  test("no Secret is rendered and no environment holds one, not even by reference", () => {
    expect(rendered({ file }).of("Secret")).toEqual([]);
    for (const { name, spec } of pods(file)) {
      for (const { env = [], envFrom } of containersOf(spec)) {
        expect(envFrom, name).toBeUndefined();
        expect(
          env.filter(({ valueFrom }) => valueFrom !== undefined),
          name,
        ).toEqual([]);
        for (const { name: variable, value = "" } of env) {
          if (/TOKEN|PASS|SECRET|(?:TRANSPORT|WINDOWS|DATABASE|SMTP)_URL/.test(variable)) {
            expect(variable, name).toMatch(/_FILE$/);
            expect(value, `${name} ${variable}`).toMatch(/^\/run\/secrets\/auditflow\/[a-z-]+$/);
          }
        }
      }
    }
  });

  test("no URL with a password stands anywhere", () => {
    expect(rendered({ file }).text).not.toMatch(/:\/\/[^\s/"']*:[^\s/"']*@/);
  });

  test("each pod is given its own keys and no other", () => {
    const smtp = file === "all-on" || file === "external" ? ["smtp-url"] : [];
    for (const pod of pods(file)) {
      const wanted = [...(keys[pod.name] ?? []), ...(pod.name === "notification-service" ? smtp : [])];
      expect(Object.values(keysOf(pod)).sort(), pod.name).toEqual([...wanted].sort());
    }
  });

  test("each file is where a variable says, under the flag of its setting", () => {
    for (const pod of pods(file).filter(({ name }) => name in roleTable)) {
      const told = Object.values(envOf(containerOf(pod))).filter((value) => value.startsWith(folder));
      expect(told.sort(), pod.name).toEqual(Object.keys(keysOf(pod)).sort());
      const flags = Object.values(settings).map(({ flag }) => `${folder}/${flag}`);
      for (const path of told) expect(flags).toContain(path);
    }
  });

  test("credentials are read-only for the group of the pod alone", () => {
    for (const { name, spec } of pods(file)) {
      const secrets = (spec.volumes ?? []).filter(({ secret }) => secret !== undefined);
      for (const { name: volume, secret } of secrets) {
        expect(secret?.defaultMode, `${name} ${volume}`).toBe(0o440);
        expect(secret?.optional, `${name} ${volume}`).toBeUndefined();
        const mounts = containersOf(spec).flatMap(({ volumeMounts = [] }) => volumeMounts);
        expect(mounts.find((mount) => mount.name === volume)?.readOnly, name).toBe(true);
      }
    }
  });
});

test("every service is given the URLs of the servers that the role table says it needs", () => {
  const wanted = { transport: "transport-url", windows: "windows-url", database: "database-url" } as const;
  for (const role of roleNames) {
    const pod = pods("minimal").find(({ name }) => name === role);
    const needs = Object.keys(roleTable[role].needs) as (keyof typeof wanted)[];
    const files = needs.map((need) => `${folder}/${wanted[need]}`);
    const given = pod === undefined ? [] : Object.keys(keysOf(pod)).filter((path) => path.endsWith("-url"));
    expect(given.sort(), role).toEqual(files.sort());
  }
});

test("what make-credentials writes is what the pods read, key for key", () => {
  const made = makeCredentials({ ...bundledUrls("auditflow"), smtp: "smtp://mail.example.org" });
  const read = new Set(pods("all-on").flatMap((pod) => Object.values(keysOf(pod))));
  expect(Object.keys(made).sort()).toEqual([...read].sort());
});

test("the bundled URLs that make-credentials writes name Services of the release, and their ports", () => {
  const services = rendered().of("Service");
  for (const url of Object.values(bundledUrls("auditflow"))) {
    const { hostname, port } = new URL(url);
    const service = services.find(({ metadata }) => metadata.name === hostname);
    expect(
      service?.spec.ports.map((one) => String(one.port)),
      url,
    ).toEqual([port]);
  }
});

test("a service can have a Secret of its own", () => {
  const secretOf = (name: string) => {
    const pod = pods("all-on").find((one) => one.name === name);
    return pod?.spec.volumes?.find(({ secret }) => secret !== undefined)?.secret?.secretName;
  };
  expect(secretOf("audit-log-analysis")).toBe("auditflow-analysis");
  expect(secretOf("audit-event-gateway")).toBe("auditflow-credentials");
});
