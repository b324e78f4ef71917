import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { roleNames } from "../../packages/server/src/app/role-table.ts";
import { chart, rendered, type Values } from "./rendered.ts";
import { selects } from "./rendered-pods.ts";

const alerts = join(chart, "monitoring", "alerts.yaml");
const prometheusRule = (settings: Values) =>
  rendered({ values: { monitoring: { prometheusRule: { enabled: true, ...settings } } } }).the(
    "PrometheusRule",
    "alerts",
  );

test("nothing of Prometheus or Grafana is rendered unless asked for: the cluster may not know the kinds", () => {
  const render = rendered();
  expect([...render.of("ServiceMonitor"), ...render.of("PrometheusRule")]).toEqual([]);
  expect(render.of("ConfigMap").filter(({ metadata }) => /dashboard/.test(metadata.name))).toEqual([]);
});

test("the ServiceMonitor means the Services of all services and of nothing else, at a port that they have", () => {
  const render = rendered({ file: "all-on" });
  const { selector, endpoints } = render.the("ServiceMonitor", "services").spec;
  const meant = render.of("Service").filter(({ metadata }) => selects(selector, metadata.labels ?? {}));
  expect(meant.map(({ metadata }) => metadata.name).sort()).toEqual(
    roleNames.map((name) => `auditflow-${name}`).sort(),
  );
  for (const { port, path } of endpoints) {
    expect(path).toBe("/metrics");
    for (const { spec } of meant) expect(spec.ports.map(({ name }) => name)).toContain(port);
  }
});

test("the PrometheusRule holds the alerts of the file, unchanged", () => {
  expect(prometheusRule({}).spec).toEqual(parse(readFileSync(alerts, "utf8")));
});

test("the runbooks are where one publishes them", () => {
  const text = JSON.stringify(prometheusRule({ runbookBase: "https://example.org/runbooks/" }).spec);
  const addresses = [...text.matchAll(/"runbook_url":"([^"]*)"/g)].map(([, address]) => address);
  expect(addresses.length).toBeGreaterThan(9);
  for (const address of addresses) expect(address).toMatch(/^https:\/\/example\.org\/runbooks\/[a-z-]+\.md$/);
});

test("each dashboard is a ConfigMap with the label that Grafana's sidecar looks for, unchanged", () => {
  const files = globSync("monitoring/dashboards/*.json", { cwd: chart }).map((path) => basename(path));
  const maps = rendered({ file: "all-on" })
    .of("ConfigMap")
    .filter(({ metadata }) => metadata.labels?.["grafana_dashboard"] === "1");
  expect(files.length).toBeGreaterThan(0);
  expect(maps.flatMap(({ data }) => Object.keys(data)).sort()).toEqual(files.sort());
  for (const { data } of maps) {
    for (const [file, text] of Object.entries(data)) {
      expect(JSON.parse(text)).toEqual(
        JSON.parse(readFileSync(join(chart, "monitoring/dashboards", file), "utf8")),
      );
    }
  }
});

test("the admission policy is off by default, and when on bound for this namespace to what it says", () => {
  expect(rendered().of("ValidatingAdmissionPolicy")).toEqual([]);
  const render = rendered({ file: "all-on" });
  const [policy] = render.of("ValidatingAdmissionPolicy");
  const [binding] = render.of("ValidatingAdmissionPolicyBinding");
  expect(binding?.spec.policyName).toBe(policy?.metadata.name);
  expect(binding?.spec.validationActions).toEqual(["Deny"]);
  expect(JSON.stringify(binding?.spec)).toContain('"kubernetes.io/metadata.name":"auditflow"');
});

test("two releases, also of one name in two namespaces, have no object of the cluster in common", () => {
  const names = (release: string) =>
    rendered({ file: "all-on", release })
      .objects.filter(({ metadata }) => metadata.namespace === undefined)
      .map(({ metadata }) => metadata.name);
  expect(names("one").length).toBe(2);
  for (const name of names("one")) {
    expect(names("two")).not.toContain(name);
    expect(name).toContain("auditflow");
  }
});
