import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse, parseAllDocuments } from "yaml";
import { root } from "../scripts/root.ts";
import { runCommand, tool } from "../scripts/run-command.ts";
import { installMissing } from "../scripts/servers/install.ts";
import { interruption, serverKinds } from "../scripts/servers.ts";
import { kubernetesVersion, schemaOptions } from "./checks/kube-schemas.ts";
import { helmHomes } from "./tests/rendered.ts";
import { toolPath, toolVersion } from "./tools/tool-path.ts";

/** How a step ended: what is wrong, and what it has to say when all is well. */
interface Outcome {
  readonly faults: readonly string[];
  readonly says?: string;
}

/** One thing that must hold of what is deployed. */
interface Step {
  readonly name: string;
  run(signal: AbortSignal): Promise<Outcome>;
}

const chart = "deploy/helm/auditflow";
const scratch = mkdtempSync(join(tmpdir(), "auditflow-check-deploy-"));
const valuesFiles = files(`${chart}/ci/*-values.yaml`);
const kustomizations = files("deploy/cluster/**/kustomization.yaml").map(dirname);
const alerts = `${chart}/monitoring/alerts.yaml`;
const bothHelms = ["helm", "helm3"] as const;
const tools = [...bothHelms, "kubectl", "kubeconform", "yamllint", "promtool"];

const steps: readonly Step[] = [
  command("tools", () => ["bash", "deploy/tools/fetch", "--quiet", ...tools]),
  ...valuesFiles.flatMap(stepsOfRender),
  ...kustomizations.map((folder) =>
    step(`kustomize and kubeconform, ${folder}`, (signal) => buildsAndConforms(folder, signal)),
  ),
  command("address pools", () =>
    script("deploy/cluster/check-pools.ts", ...files("deploy/cluster/metallb/[!k]*.yaml")),
  ),
  command("yamllint, sources", () => [toolPath("yamllint"), "--strict", "deploy", "rules"]),
  command("yamllint, renders", () => [
    toolPath("yamllint"),
    "--strict",
    "--config-data",
    lintOfRenders(),
    scratch,
  ]),
  command("promtool check rules", () => [toolPath("promtool"), "check", "rules", alerts]),
  command("promtool test rules", () => [
    ...[toolPath("promtool"), "test", "rules"],
    ...files("deploy/helm/monitoring-tests/*.yaml"),
  ]),
  command("plain manifests", () => script("deploy/helm/render-manifests.ts", "--check")),
  command("README and schema of the chart", () => script("deploy/helm/chart-docs.ts", "--check")),
  command("kinds of docs/kubernetes/api-resources.md", () =>
    script("deploy/helm/api-resources.ts", "--check"),
  ),
  step("servers for the tests", serversThere),
  command("tests", () => [...tool("vitest"), "run", "--project", "deploy"], /^ *Tests /),
];

function stepsOfRender(file: string): Step[] {
  const name = nameOf(file);
  return [
    ...bothHelms.map((helm) =>
      command(`${helm} lint, ${name}`, () => [toolPath(helm), "lint", "--strict", chart, "--values", file]),
    ),
    step(`helm and helm3 render the same, ${name}`, (signal) => renderBoth(file, signal)),
    step(`kubeconform, ${name}`, (signal) => conforms(`${name}.yaml`, signal)),
  ];
}

/** The files of a pattern in the repository, sorted. */
function files(pattern: string): string[] {
  return globSync(pattern, { cwd: root }).sort();
}

function script(path: string, ...args: readonly string[]): string[] {
  return [process.execPath, "--conditions=auditflow-source", path, ...args];
}

function step(name: string, run: Step["run"]): Step {
  return { name, run };
}

function nameOf(file: string): string {
  return basename(file, "-values.yaml");
}

/**
 * A command that must end with 0. The line is made late, because tools are fetched first. What it says is its last line,
 * or the last that fits `says`.
 */
function command(name: string, line: () => readonly string[], says = /./): Step {
  return step(name, async (signal) => {
    const { code, output } = await runCommand(line(), {
      ...{ output: "keep", seconds: 900, signal },
      env: { NO_COLOR: "1", ...helmHomes },
    });
    if (code !== 0) return { faults: [output.trimEnd() || `it ended with code ${code} and said nothing`] };
    return { faults: [], says: output.split("\n").findLast((text) => says.test(text)) ?? "" };
  });
}

/** The tests start servers of their own. */
async function serversThere(): Promise<Outcome> {
  await installMissing(serverKinds);
  return { faults: [], says: serverKinds.map(({ name }) => name).join(", ") };
}

/** Leaves the render of the current Helm for the steps after it. */
async function renderBoth(file: string, signal: AbortSignal): Promise<Outcome> {
  const line = ["template", "auditflow", chart, "--namespace", "auditflow", "--values", file];
  const [four, three] = await Promise.all(
    bothHelms.map((helm) =>
      runCommand([toolPath(helm), ...line], { output: "keep", seconds: 60, signal, env: helmHomes }),
    ),
  );
  if (four === undefined || three === undefined) return { faults: ["nothing was rendered"] };
  const refused = [four, three].filter(({ code }) => code !== 0);
  if (refused.length > 0) return { faults: refused.map(({ output }) => output) };
  writeFileSync(join(scratch, `${nameOf(file)}.yaml`), `${four.output.trimEnd()}\n`);
  const [new4, old3] = [parsed(four.output), parsed(three.output)];
  if (!isDeepStrictEqual(new4, old3)) return { faults: ["the two versions of Helm render it differently"] };
  return { faults: [], says: `${new4.length} objects` };
}

function parsed(text: string): unknown[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as unknown)
    .filter((object) => object !== null);
}

/** Has kubeconform judge a file of the scratch folder. A kind without a schema is a fault: nothing is skipped. */
async function conforms(file: string, signal: AbortSignal): Promise<Outcome> {
  mkdirSync(join(root, ".tools", "schemas"), { recursive: true });
  const kubeconform = toolPath("kubeconform");
  const schemas = ["-kubernetes-version", kubernetesVersion, ...schemaOptions(process.env["KUBE_SCHEMAS"])];
  const options = { output: "keep", seconds: 300, signal } as const;
  const line = [kubeconform, "-strict", "-summary", ...schemas, join(scratch, file)];
  const { code, output } = await runCommand(line, options);
  const summary = output.trimEnd().split("\n").at(-1) ?? "";
  const clean =
    code === 0 && summary.endsWith("Invalid: 0, Errors: 0, Skipped: 0") && !/found 0 resources/.test(summary);
  return clean
    ? { faults: [], says: `kubeconform ${toolVersion("kubeconform")}: ${summary}` }
    : { faults: [output] };
}

async function buildsAndConforms(folder: string, signal: AbortSignal): Promise<Outcome> {
  const { code, output } = await runCommand([toolPath("kubectl"), "kustomize", folder], {
    ...{ output: "keep", seconds: 60, signal },
  });
  if (code !== 0) return { faults: [output] };
  const file = `${folder.replaceAll("/", "-")}.yaml`;
  writeFileSync(join(scratch, file), output);
  return conforms(file, signal);
}

/** How sources are to look, as far as a program that writes can heed it: not what is indented, nor how long a line is. */
function lintOfRenders(): string {
  const own = parse(readFileSync(join(root, ".yamllint.yml"), "utf8")) as { rules: Record<string, unknown> };
  const rules = {
    ...own.rules,
    "line-length": "disable",
    comments: "disable",
    "comments-indentation": "disable",
  };
  return JSON.stringify({ extends: "default", rules });
}

/** Takes every step, also after one failed, prints each with its seconds and what it says, and counts them. */
async function runChecks(signal: AbortSignal): Promise<number> {
  let failed = 0;
  for (const step of steps) {
    const started = performance.now();
    const { faults, says = "" } = await outcomeOf(step, signal);
    const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(6);
    process.stdout.write(`${faults.length === 0 ? "pass" : "FAIL"} ${seconds} s  ${step.name}\n`);
    for (const line of [...faults, ...(says === "" ? [] : [says])]) {
      process.stdout.write(`${line.trim().replace(/^/gm, "     ")}\n`);
    }
    if (faults.length > 0) failed += 1;
  }
  process.stdout.write(`${steps.length - failed} passed, ${failed} failed\n`);
  return failed;
}

async function outcomeOf(step: Step, signal: AbortSignal): Promise<Outcome> {
  if (signal.aborted) return { faults: ["interrupted"] };
  try {
    return await step.run(signal);
  } catch (error) {
    return { faults: [String(error)] };
  }
}

try {
  process.exitCode = (await runChecks(interruption())) > 0 ? 1 : 0;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
