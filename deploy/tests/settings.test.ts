import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { roleNames } from "../../packages/server/src/app/role-table.ts";
import { type Setting, settingNames, settings } from "../../packages/server/src/app/settings.ts";
import { unsetOnKubernetes } from "../helm/unset-settings.ts";
import { rendered, type Values } from "./rendered.ts";
import { containerOf, envOf, type RenderedPod, renderedPods } from "./rendered-pods.ts";

const everything = ["minimal", "all-on", "external", "k3s"] as const;
const known = new Map<string, Setting>(settingNames.map((name) => [settings[name].env, settings[name]]));

function services(file: string, values: Values = {}): RenderedPod[] {
  return renderedPods(rendered({ file, values })).filter(({ name }) =>
    (roleNames as readonly string[]).includes(name),
  );
}

/** The variables of a file of values, over all services. */
function variables(file: string): Set<string> {
  return new Set(services(file).flatMap((pod) => Object.keys(envOf(containerOf(pod)))));
}

test("every variable of a pod is a setting of the program, the file of one, or Node's own", () => {
  for (const variable of everything.flatMap((file) => [...variables(file)])) {
    if (variable !== "NODE_OPTIONS")
      expect([...known.keys()], variable).toContain(variable.replace(/_FILE$/, ""));
  }
});

test("no variable is set twice, or both as it is and as a file", () => {
  for (const pod of everything.flatMap((file) => services(file))) {
    const names = (containerOf(pod).env ?? []).map(({ name }) => name.replace(/_FILE$/, ""));
    expect(names, pod.name).toEqual([...new Set(names)]);
  }
});

test("every setting of the program can be set by a value, or stands in the list of those that a pod has no use for", () => {
  const set = new Set([...variables("all-on")].map((variable) => variable.replace(/_FILE$/, "")));
  expect([...known.keys()].filter((variable) => !set.has(variable)).sort()).toEqual(
    Object.keys(unsetOnKubernetes).sort(),
  );
  for (const reason of Object.values(unsetOnKubernetes)) expect(reason.length).toBeGreaterThan(20);
});

test("a secret setting is only ever given as a file", () => {
  for (const [variable, { secret }] of known) {
    if (secret === undefined || variable.startsWith("OTEL_")) continue;
    for (const file of everything) expect(variables(file), variable).not.toContain(variable);
  }
});

describe.each(everything)("%s", (file) => {
  test("every value is one that the program takes", () => {
    for (const pod of services(file)) {
      for (const [variable, value] of Object.entries(envOf(containerOf(pod)))) {
        const schema = known.get(variable)?.schema;
        if (schema !== undefined)
          expect(faults(schema, value), `${pod.name} ${variable}=${value}`).toEqual([]);
      }
    }
  });
});

/** What the program would say against the text of a variable. */
function faults({ separator: _list, ...schema }: Setting["schema"], value: string): string[] {
  const ajv = new Ajv2020({ coerceTypes: true });
  const valid = ajv.compile({ type: "object", properties: { value: schema } });
  return valid({ value }) ? [] : (valid.errors ?? []).map(({ message = "" }) => message);
}

/** A value of the chart, and where its setting must be found: the variable, its text and the services that get it. */
const reaching: readonly (readonly [Values, string, string, readonly string[]])[] = [
  [{ config: { rateLimit: 0 } }, "AUDITFLOW_RATE_LIMIT", "0", roleNames],
  [{ config: { rateLimit: 1_000_000 } }, "AUDITFLOW_RATE_LIMIT", "1000000", roleNames],
  [{ config: { retentionDays: 0 } }, "AUDITFLOW_RETENTION_DAYS", "0", ["notification-service"]],
  [{ config: { anonymousAccess: "viewer" } }, "AUDITFLOW_ANONYMOUS_ACCESS", "viewer", roleNames],
  [
    { config: { allowedReceivers: ["10.9.0.0/16", "hooks.internal"] } },
    "AUDITFLOW_ALLOWED_RECEIVERS",
    "10.9.0.0/16,hooks.internal",
    ["notification-service"],
  ],
  [{ rules: { pack: true } }, "AUDITFLOW_RULES", "/app/rules,/etc/auditflow/rules", ["audit-log-analysis"]],
  [
    { rules: { pack: false, files: { "a.yml": "title: a" } } },
    "AUDITFLOW_RULES",
    "/etc/auditflow/rules",
    ["audit-log-analysis"],
  ],
  [
    { config: { baseUrl: "https://audit.example.org" } },
    "AUDITFLOW_BASE_URL",
    "https://audit.example.org",
    ["notification-service", "event-audit-dashboard"],
  ],
  [
    { ingress: { dashboard: { enabled: true, host: "page.example.org" } } },
    "AUDITFLOW_BASE_URL",
    "https://page.example.org",
    ["notification-service", "event-audit-dashboard"],
  ],
  [
    {
      services: { "audit-log-analysis": { otelServiceName: "detection" } },
      ...tracing({ sampler: "always_on" }),
    },
    "OTEL_SERVICE_NAME",
    "detection",
    ["audit-log-analysis"],
  ],
  [
    tracing({ resourceAttributes: { "deployment.environment": "production", team: "security" } }),
    "OTEL_RESOURCE_ATTRIBUTES",
    "deployment.environment=production,team=security",
    roleNames,
  ],
];

function tracing(settingsOfTraces: object): Values {
  const peers = [{ namespaceSelector: {} }];
  return {
    config: { tracing: { endpoint: "http://collector:4318", ...settingsOfTraces } },
    networkPolicy: { tracing: { peers } },
  };
}

test.each(reaching)("%j sets %s to %s", (values, variable, text, names) => {
  const given = services("minimal", values).filter((pod) => variable in envOf(containerOf(pod)));
  expect(given.map(({ name }) => name).sort()).toEqual([...names].sort());
  for (const pod of given) expect(envOf(containerOf(pod))[variable]).toBe(text);
});

test("a change of a setting rolls the pods that get it, and no other", () => {
  const sums = (values: Values) =>
    new Map(
      services("minimal", values).map(({ name, annotations }) => [name, annotations["checksum/settings"]]),
    );
  const [before, after] = [sums({}), sums({ config: { retentionDays: 7 } })];
  const changed = [...before].filter(([name, sum]) => after.get(name) !== sum).map(([name]) => name);
  expect(changed).toEqual(["notification-service"]);
});

test("a new revision of the credentials rolls every pod that reads them", () => {
  const sums = (revision: string) =>
    renderedPods(rendered({ values: { credentials: { revision } } }))
      .filter(({ name }) => name !== "test")
      .map(({ name, annotations }) => [name, annotations["checksum/credentials"]] as const);
  const after = new Map(sums("2"));
  for (const [name, sum] of sums("1")) {
    expect(sum, name).toMatch(/^[\da-f]{64}$/);
    expect(after.get(name), name).not.toBe(sum);
  }
});
