import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AlertList, RuleList, ServiceProcesses } from "@auditflow/contracts";
import { expect, test } from "vitest";
import { until } from "../packages/server/testing/until.ts";
import { shapes, startSystem } from "./system.ts";
import { postEvents, tellingEvent } from "./telling-event.ts";

const ruleOn = (type: string): string => `title: Saw ${type}
logsource: { category: test }
detection: { selection: { event_type: ${type} }, condition: selection }
`;

async function rulesOf(page: string): Promise<ServiceProcesses["processes"][number]["rule_set"]> {
  const answer = await fetch(`${page}/api/v1/services`);
  const { processes } = (await answer.json()) as ServiceProcesses;
  return processes.find(({ services }) => services.includes("audit-log-analysis"))?.rule_set;
}

/** Of the process that has it; a report, which tells the same, may take two seconds. */
async function metric(urls: readonly string[], line: string): Promise<boolean> {
  const pages = await Promise.all(urls.map(async (url) => (await fetch(`${url}/metrics`)).text()));
  return pages.some((page) => page.split("\n").includes(line));
}

/** The titles of the rules in force. */
async function listed(page: string): Promise<string> {
  const { rules } = (await (await fetch(`${page}/api/v1/rules`)).json()) as RuleList;
  return rules
    .map(({ title }) => title)
    .sort()
    .join();
}

async function alertNames(url: string): Promise<string> {
  const answer = await fetch(`${url}/api/v1/alerts?limit=200`);
  const { alerts } = (await answer.json()) as AlertList;
  return alerts
    .map(({ alert_name }) => alert_name)
    .sort()
    .join();
}

test.each(shapes)("rules change while they work, %s", { timeout: 60_000 }, async (shape) => {
  const folder = await mkdtemp(join(tmpdir(), "auditflow-rules-"));
  const write = async (name: string, text: string): Promise<void> => {
    await writeFile(join(folder, `.${name}`), text);
    await rename(join(folder, `.${name}`), join(folder, name));
  };
  await write("one.yml", ruleOn("one"));
  const system = await startSystem(shape, { AUDITFLOW_RULES: folder });
  const send = (...types: string[]): Promise<Response> =>
    postEvents(
      system.intake(),
      types.map((event_type) => ({ ...tellingEvent(), event_type, logsource: { category: "test" } })),
    );
  const raised = (names: string): Promise<unknown> =>
    until(async () => (await alertNames(system.alerts())) === names, names);
  try {
    await write("two.yml", ruleOn("two"));
    await until(() => metric(system.urls(), "auditflow_rules_loaded 2"), "the new rule is there");
    await send("one", "two");
    await raised("Saw one,Saw two");

    await write("two.yml", "title: [");
    await write("three.yml", ruleOn("three"));
    await rm(join(folder, "one.yml"));
    await until(() => metric(system.urls(), "auditflow_rule_problems 1"), "the faulty file is told");
    await send("one", "two", "three");
    await raised("Saw one,Saw one,Saw two,Saw two");
    const state = await until(async () => {
      const told = await rulesOf(system.page());
      return told?.problems === 1 && told;
    }, "the rules are reported");
    expect(state).toMatchObject({ rules: 2, version: expect.stringMatching(/^[0-9a-f]{8}$/) });

    await write("two.yml", ruleOn("mended"));
    await until(
      async () => (await listed(system.page())) === "Saw mended,Saw three",
      "the mended set is there",
    );
    await send("one", "mended", "three");
    await raised("Saw mended,Saw one,Saw one,Saw three,Saw two,Saw two");
  } finally {
    await system.clean();
    await rm(folder, { recursive: true });
  }
});
