import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { roleNames } from "../../../packages/server/src/app/role-table.ts";
import { type Setting, settingNames, settings } from "../../../packages/server/src/app/settings.ts";
import { root } from "../../../scripts/root.ts";
import { unsetOnKubernetes } from "../../helm/unset-settings.ts";
import type { Pod } from "./pods.ts";
import { insist, type Report } from "./report.ts";

/** What a pod may set beside settings of the program. */
const ofNode = new Set(["NODE_OPTIONS"]);

const variables = settingNames.map((name) => (settings[name] as Setting).env);

/** Whether the program reads a variable of this name. */
export function isKnown(variable: string): boolean {
  return ofNode.has(variable) || variables.includes(variable.replace(/_FILE$/, ""));
}

/** Every environment name of the chart is a setting of the program, and every setting can be set by the chart. */
export async function checkSettings(report: Report, pods: readonly Pod[]): Promise<void> {
  await report.check("settings", "the rendered pods are those of all services", () => {
    const services = pods.map(({ service }) => service).sort();
    insist(
      JSON.stringify(services) === JSON.stringify([...roleNames].sort()),
      `rendered: ${services.join(", ")}`,
    );
    return `${services.length} services, from deploy/manifests`;
  });
  await report.check("settings", "every variable of a rendered pod is a setting of the program", () => {
    const unknown = pods.flatMap(({ service, env }) =>
      Object.keys(env)
        .filter((variable) => !isKnown(variable))
        .map((variable) => `${service}: ${variable}`),
    );
    insist(unknown.length === 0, unknown.join(", "));
    return `${new Set(pods.flatMap(({ env }) => Object.keys(env))).size} names`;
  });
  await report.check("settings", "every setting of the program can be set by the chart", () => {
    const templates = join(root, "deploy/helm/auditflow/templates");
    const text = globSync("**/*", { cwd: templates, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
      .join("\n");
    const rendered = new Set(pods.flatMap(({ env }) => Object.keys(env)));
    const said = (variable: string): boolean =>
      rendered.has(variable) || new RegExp(`\\b${variable}(?:_FILE)?\\b`).test(text);
    const missing = variables.filter((variable) => !said(variable) && !(variable in unsetOnKubernetes));
    insist(
      missing.length === 0,
      `${missing.join(", ")}: neither in the chart nor in deploy/helm/unset-settings.ts`,
    );
    const idle = Object.keys(unsetOnKubernetes).filter(
      (variable) => said(variable) || !variables.includes(variable),
    );
    insist(
      idle.length === 0,
      `${idle.join(", ")} of deploy/helm/unset-settings.ts: set by the chart, or no setting`,
    );
    return `${variables.length} settings, ${Object.keys(unsetOnKubernetes).length} of them left out with a reason`;
  });
}
