import { expect, test } from "vitest";
import { readLevelText } from "../../packages/server/src/app/log-level-file.ts";
import { roleNames } from "../../packages/server/src/app/role-table.ts";
import { rendered, type Values } from "./rendered.ts";
import { containerOf, containersOf, envOf, mountedFiles, renderedPods } from "./rendered-pods.ts";

const everything = ["minimal", "all-on", "external", "k3s"] as const;

function level(logLevel: Values) {
  return readLevelText(rendered({ values: { logLevel } }).the("ConfigMap", "log-level").data["level"] ?? "");
}

test("the log level of the values is what the program reads from the ConfigMap", () => {
  expect(level({})).toEqual({ level: "info", modules: {} });
  const told = { level: "warn", modules: { transport: "debug", detect: "trace" } };
  expect(level(told)).toEqual(told);
});

test("every service finds the ConfigMap of the log level where its variable says", () => {
  for (const file of everything) {
    for (const pod of renderedPods(rendered({ file }))) {
      if (!(roleNames as readonly string[]).includes(pod.name)) continue;
      expect(envOf(containerOf(pod))["AUDITFLOW_LOG_LEVEL_FILE"], pod.name).toBe(
        "/etc/auditflow/log-level/level",
      );
      const found = mountedFiles(pod.spec).find(({ path }) => path.startsWith("/etc/auditflow/log-level/"));
      expect(found, pod.name).toEqual({
        ...{ path: "/etc/auditflow/log-level/*", from: "ConfigMap", object: "auditflow-log-level", key: "*" },
      });
    }
  }
});

test("nothing is mounted by subPath: Kubernetes would never change it", () => {
  for (const { name, spec } of everything.flatMap((file) => renderedPods(rendered({ file })))) {
    for (const { volumeMounts = [] } of containersOf(spec)) {
      for (const mount of volumeMounts) expect(mount, name).not.toHaveProperty("subPath");
    }
  }
});

test("audit-log-analysis alone finds rules of one's own, in a folder that its variable names", () => {
  for (const file of everything) {
    const given = renderedPods(rendered({ file })).filter(({ spec }) =>
      mountedFiles(spec).some(({ path }) => path === "/etc/auditflow/rules/*"),
    );
    expect(given.map(({ name }) => name)).toEqual(["audit-log-analysis"]);
    for (const pod of given) {
      expect(envOf(containerOf(pod))["AUDITFLOW_RULES"]?.split(",")).toContain("/etc/auditflow/rules");
    }
  }
});

test("rules of the values are files with the very text that was given", () => {
  const text = "title: Röt\ndetection:\n  selection: {a: '{{ not a template }}'}\n  condition: selection\n";
  const files = { "own-rule.yml": text, "second.yml": "title: second" };
  expect(rendered({ values: { rules: { files } } }).the("ConfigMap", "rules").data).toEqual(files);
});

test("a ConfigMap of one's own takes the place of the chart's", () => {
  const render = rendered({ values: { rules: { existingConfigMap: "mine" } } });
  expect(render.of("ConfigMap").map(({ metadata }) => metadata.name)).not.toContain("auditflow-rules");
  const { volumes = [] } = render.the("Deployment", "audit-log-analysis").spec.template.spec;
  expect(volumes.find(({ name }) => name === "rules")?.configMap?.name).toBe("mine");
});

test("a change of rules or log level rolls no pod: both are read without a restart", () => {
  const pods = (values: Values) =>
    renderedPods(rendered({ values })).map(({ labels, annotations, spec }) => ({
      labels,
      annotations,
      spec,
    }));
  const changed = { rules: { files: { "a.yml": "title: a" } }, logLevel: { level: "debug" } };
  expect(pods(changed)).toEqual(pods({}));
});
