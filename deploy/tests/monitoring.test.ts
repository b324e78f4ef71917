import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { services } from "@auditflow/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { type MetricRow, metricTable } from "../../packages/server/src/telemetry/metric-table.ts";
import { createMetrics } from "../../packages/server/src/telemetry/metrics.ts";
import { toolPath } from "../tools/tool-path.ts";
import { metricsIn } from "./metrics-in.ts";

const root = join(import.meta.dirname, "..", "..");
const monitoring = join(root, "deploy/helm/auditflow/monitoring");
const testFolder = join(root, "deploy/helm/monitoring-tests");
const runbookFolder = join(root, "docs/runbooks");

interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface RuleTest {
  readonly name: string;
  readonly alert_rule_test: readonly {
    readonly alertname: string;
    readonly exp_alerts: readonly unknown[];
  }[];
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly targets?: readonly {
    readonly expr: string;
    readonly refId: string;
    readonly datasource: { readonly uid: string };
  }[];
}

interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly schemaVersion: number;
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
  readonly panels: readonly Panel[];
}

const rulesFile = join(monitoring, "alerts.yaml");
const { groups } = parse(readFileSync(rulesFile, "utf8")) as {
  groups: readonly { readonly name: string; readonly rules: readonly AlertRule[] }[];
};
const alerts = groups.flatMap(({ rules }) => rules);
const testFiles = filesOf(testFolder, ".yaml");
const dashboards = filesOf(join(monitoring, "dashboards"), ".json").map(
  (file) => JSON.parse(readFileSync(file, "utf8")) as Dashboard,
);
const runbooks = filesOf(runbookFolder, ".md").filter((file) => basename(file) !== "README.md");
const promtool = toolPath("promtool");
let scratch: string;

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "auditflow-monitoring-"));
});

afterAll(() => {
  rmSync(scratch, { recursive: true });
});

function filesOf(folder: string, ending: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(ending));
  return names.sort().map((name) => join(folder, name));
}

/** `AuditFlowServiceDown` -> `auditflow-service-down.md`. */
function runbookName(alert: string): string {
  const words = alert.replace("AuditFlow", "Auditflow").match(/[A-Z][a-z0-9]*/g) ?? [];
  return `${words.join("-").toLowerCase()}.md`;
}

function indentedLines(file: string): string[] {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line.startsWith("    ")).map((line) => line.trim());
}

const isCommand = /^(?:kubectl|auditflow|curl|export) /;
const runbookQueries = runbooks.flatMap((file) =>
  indentedLines(file).filter((line) => !isCommand.test(line)),
);
const panels = dashboards.flatMap(({ panels: all }) => all.filter(({ type }) => type !== "row"));
const panelQueries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

// Given by Prometheus and what discovers its targets.
const targetLabels = ["namespace", "job", "instance", "pod", "container", "le"];

/** What is asked of programs that are not ours. */
const foreign: Readonly<Record<string, readonly string[]>> = {
  up: [],
  kube_pod_container_resource_limits: ["resource"],
  kube_pod_container_status_restarts_total: [],
  kube_pod_container_status_last_terminated_reason: ["reason"],
};

/** The name of each series that a process shows -> its labels. */
async function seriesOfProcess(): Promise<Map<string, readonly string[]>> {
  const known = new Map<string, readonly string[]>();
  const rows = Object.values<MetricRow>(metricTable);
  for (const { name, kind, labels } of rows) {
    const endings = kind === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
    for (const ending of endings) known.set(`auditflow_${name}${ending}`, labels);
  }
  const shown = await createMetrics("0.0.0").registry.getMetricsAsJSON();
  for (const { name } of shown.filter((metric) => !metric.name.startsWith("auditflow_"))) {
    for (const ending of ["", "_bucket", "_sum", "_count"]) known.set(`${name}${ending}`, []);
  }
  return known;
}

async function unknownIn(expressions: readonly string[]): Promise<string[]> {
  const known = await seriesOfProcess();
  for (const [name, labels] of Object.entries(foreign)) known.set(name, labels);
  return expressions.flatMap((expression) =>
    metricsIn(expression).flatMap(({ name, labels }) => {
      const own = known.get(name);
      if (own === undefined) return [`${name} is no metric`];
      const strange = labels.filter((label) => !own.includes(label) && !targetLabels.includes(label));
      return strange.map((label) => `${name} has no label ${label}`);
    }),
  );
}

describe("the alert rules", () => {
  it("are read by promtool as they are, and fire and keep silent as their tests say", () => {
    execFileSync(promtool, ["check", "rules", rulesFile], { stdio: "pipe" });
    expect(execFileSync(promtool, ["test", "rules", ...testFiles], { encoding: "utf8" })).not.toContain(
      "FAILED",
    );
  });

  it("have each a test in which they fire and one in which they do not, whose name begins with theirs", () => {
    const tests = testFiles.flatMap(
      (file) => (parse(readFileSync(file, "utf8")) as { tests: RuleTest[] }).tests,
    );
    const claims = tests.flatMap(({ name, alert_rule_test }) =>
      alert_rule_test.map(({ alertname, exp_alerts }) => {
        expect(name).toMatch(new RegExp(`^${alertname} (?:fires|is silent|counts) `));
        return `${alertname} ${exp_alerts.length > 0 ? "fires" : "is silent"}`;
      }),
    );
    const wanted = alerts.flatMap(({ alert }) => [`${alert} fires`, `${alert} is silent`]);
    expect([...new Set(claims)].sort()).toEqual(wanted.sort());
  });

  it("say how bad it is, for how long, what is wrong in words with a value, and where to read on", () => {
    expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
    for (const { alert, labels, annotations, ...rule } of alerts) {
      expect(alert).toMatch(/^AuditFlow(?:[A-Z][a-z]+)+$/);
      expect(labels?.["severity"], alert).toMatch(/^(?:critical|warning)$/);
      expect(rule.for, alert).toMatch(/^[1-9]\d*m$/);
      expect(annotations?.["summary"], alert).toMatch(/[^.]$/);
      expect(annotations?.["description"], alert).toMatch(/\$value.*\.(?:\{\{ end \}\})?$/s);
      expect(annotations?.["runbook_url"], alert).toBe(`docs/runbooks/${runbookName(alert)}`);
    }
  });

  it("ask only for metrics and labels that exist", async () => {
    expect(await unknownIn(alerts.map(({ expr }) => expr))).toEqual([]);
  });

  it("know every service wherever they name them all", () => {
    const lists = alerts.flatMap(({ expr }) => [
      ...expr.matchAll(/(job|container)=~"([^"]*dashboard[^"]*)"/g),
    ]);
    expect(lists.length).toBeGreaterThan(3);
    for (const [, label, names = ""] of lists) {
      const wanted = label === "job" ? [...services, "auditflow"] : services;
      expect(names.split("|").sort()).toEqual([...wanted].sort());
    }
  });
});

describe("a metric that does not exist", () => {
  it("is found wherever an expression hides it", async () => {
    const expression =
      'sum by (le) (rate(auditflow_nothing_total{job=~"a{b"}[5m])) > bool 1e3 or on (job) wrong offset 5m';
    expect(await unknownIn([expression])).toEqual([
      "auditflow_nothing_total is no metric",
      "wrong is no metric",
    ]);
    expect(await unknownIn(['auditflow_alerts_total{host="a"}', "auditflow_alerts"])).toEqual([
      "auditflow_alerts_total has no label host",
      "auditflow_alerts is no metric",
    ]);
  });
});

describe("the runbooks", () => {
  it("are one for each alert, and none besides", () => {
    const wanted = alerts.map(({ alert }) => runbookName(alert));
    expect(runbooks.map((file) => basename(file))).toEqual(wanted.sort());
    const index = readFileSync(join(runbookFolder, "README.md"), "utf8");
    const rows = [...index.matchAll(/^\| \[(\w+)\]\(([\w-]+\.md)\) \| (\w+) \|/gm)].map((row) =>
      row.slice(1),
    );
    expect(rows).toEqual(
      alerts.map(({ alert, labels }) => [alert, runbookName(alert), labels?.["severity"]]),
    );
  });

  it("say the same in the same order: the meaning, who is hurt, where to look, what to repair, when it is over", () => {
    for (const { alert, labels } of alerts) {
      const page = readFileSync(join(runbookFolder, runbookName(alert)), "utf8");
      expect(page.startsWith(`# ${alert}\n\nSeverity: ${labels?.["severity"]}. `), alert).toBe(true);
      const headings = [...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
      expect(headings).toEqual(["Who is hurt", "First look", "Causes and repair", "When it is over"]);
    }
  });

  it("link to files and headings that exist", () => {
    for (const file of filesOf(runbookFolder, ".md")) {
      for (const [, path = "", heading] of readFileSync(file, "utf8").matchAll(
        /\]\(([^)#\s]+)(?:#([\w-]+))?\)/g,
      )) {
        const target = join(dirname(file), path);
        expect(existsSync(target), `${basename(file)}: ${path}`).toBe(true);
        if (heading !== undefined) expect(anchorsOf(target), `${basename(file)}: ${path}`).toContain(heading);
      }
    }
  });

  it("name commands and flags that the program has", { timeout: 240_000 }, async () => {
    const lines = filesOf(runbookFolder, ".md").flatMap((file) => {
      const inline = [...readFileSync(file, "utf8").matchAll(/`(auditflow [^`]+)`/g)].map(
        ([, line = ""]) => line,
      );
      return [...indentedLines(file), ...inline];
    });
    const calls = lines.flatMap(
      (line) => /(?:^|-- )auditflow ((?:[a-z]|--)[^|]*)/.exec(line)?.[1]?.trim() ?? [],
    );
    expect(calls.length).toBeGreaterThan(20);
    const helps = new Map<string, string>();
    for (const call of new Set(calls)) {
      const help = await helpFor(call.split(" "), helps);
      for (const [flag] of call.matchAll(/--[a-z-]+/g)) expect(help, call).toContain(flag);
    }
  });
});

function anchorsOf(file: string): string[] {
  const headings = [...readFileSync(file, "utf8").matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\w -]/g, "")
      .replaceAll(" ", "-"),
  );
}

/** The help of the innermost command that is called; fails when the program has none of that name. */
async function helpFor(
  [command = "", next = ""]: readonly string[],
  known: Map<string, string>,
): Promise<string> {
  const outer = await helpOf([command], known);
  return new RegExp(`^  ${next} `, "m").test(outer) && /^[a-z]/.test(next)
    ? `${outer}${await helpOf([command, next], known)}`
    : outer;
}

async function helpOf(words: readonly string[], known: Map<string, string>): Promise<string> {
  const key = words.join(" ");
  const before = known.get(key);
  if (before !== undefined) return before;
  const program = join(root, "packages/server/bin/auditflow.js");
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...words, "--help"]);
  expect(stdout).toContain(`Usage: auditflow ${key} `);
  known.set(key, stdout);
  return stdout;
}

describe("the dashboards", () => {
  it("are three, tell themselves apart, and ask a data source that is chosen", () => {
    expect(dashboards.map(({ uid }) => uid)).toEqual([
      "auditflow-detection",
      "auditflow-flow",
      "auditflow-stores",
    ]);
    expect(new Set(dashboards.map(({ title }) => title)).size).toBe(dashboards.length);
    for (const { schemaVersion, templating } of dashboards) {
      expect(schemaVersion).toBeGreaterThanOrEqual(41);
      expect(templating.list[0]).toMatchObject({ name: "datasource", type: "datasource" });
    }
    for (const { datasource, targets = [] } of panels) {
      const sources = [datasource, ...targets.map((target) => target.datasource)];
      for (const source of sources) expect(source?.uid).toMatch(/^\$\{datasource\}$/);
    }
  });

  it("have panels that each say what they show, in a unit, and ask something", () => {
    for (const { title, description = "", fieldConfig, targets = [] } of panels) {
      expect(description, title).toMatch(/^[A-Z0-9].{20,}\.$/);
      expect(fieldConfig?.defaults.unit, title).toMatch(/^[a-z]+$/);
      expect(targets.length, title).toBeGreaterThan(0);
      expect(new Set(targets.map(({ refId }) => refId)).size, title).toBe(targets.length);
    }
  });

  it("have panels with an id and a place of their own", () => {
    for (const { panels: all, title } of dashboards) {
      expect(new Set(all.map(({ id }) => id)).size, title).toBe(all.length);
      const cells = all.flatMap(({ gridPos: { x, y, w, h } }) => {
        expect(x + w, title).toBeLessThanOrEqual(24);
        return Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`);
      });
      expect(new Set(cells).size, title).toBe(cells.length);
    }
  });

  it("use every variable they have, and have every variable they use", () => {
    for (const { templating, panels: all } of dashboards) {
      const asked = JSON.stringify([templating.list.slice(1), all]);
      const used = [...asked.matchAll(/\$\{?([a-z]+)\b/g)].map(([, name = ""]) => name);
      const own = templating.list.map(({ name }) => name);
      expect([...new Set(used)].sort()).toEqual(own.sort());
    }
  });

  it("show every metric of the product", () => {
    const shown = panelQueries.flatMap((expr) => metricsIn(expr)).map(({ name }) => name);
    const unseen = Object.values(metricTable).filter(
      ({ name }) =>
        !shown.some((metric) => metric.replace(/_(?:bucket|sum|count)$/, "") === `auditflow_${name}`),
    );
    expect(unseen.map(({ name }) => name)).toEqual([]);
  });
});

describe("the expressions of dashboards and runbooks", () => {
  it("are parsed by promtool", () => {
    const expressions = [...panelQueries, ...runbookQueries].map((expression) =>
      expression.replaceAll("$__rate_interval", "5m").replaceAll(/\$(?:namespace|job)/g, ".*"),
    );
    const rules = expressions.map((expr, n) => ({ record: `panel:${n}`, expr }));
    const file = join(scratch, "expressions.yaml");
    writeFileSync(file, stringify({ groups: [{ name: "expressions", rules }] }));
    const said = execFileSync(promtool, ["check", "rules", file], { encoding: "utf8" });
    expect(said).toContain(`${expressions.length} rules found`);
    expect(runbookQueries.length).toBeGreaterThan(5);
  });

  it("ask only for metrics and labels that exist", async () => {
    expect(await unknownIn([...panelQueries, ...runbookQueries])).toEqual([]);
  });
});
