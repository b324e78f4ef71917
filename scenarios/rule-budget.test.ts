import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Alert, AlertDetail, AlertList, Health, ServiceProcesses } from "@auditflow/contracts";
import { expect, test } from "vitest";
import { runCommand } from "../packages/server/testing/process.ts";
import { until } from "../packages/server/testing/until.ts";
import { type System, shapes, startSystem } from "./system.ts";
import { postEvents, tellingEvent } from "./telling-event.ts";

// Each of them looks at every place of a long text, and no text of the events ends as they ask.
const patterns = Array.from({ length: 300 }, (_, n) => `    - '[a-d]{3}[x-z]{${n + 1}}[0-9]'`).join("\n");

const slow = `title: Slow
name: slow
logsource: { category: test }
detection:
  selection:
    text|re:
${patterns}
  condition: selection
`;
const mended = `title: Slow
name: slow
logsource: { category: test }
detection: { selection: { text|startswith: abcd }, condition: selection }
`;
const others = `title: Quick
logsource: { category: test }
detection: { selection: { event_type: padded }, condition: selection }
---
title: Many
correlation: { type: event_count, rules: [slow], group-by: [user_id], timespan: 1m, condition: { gte: 900 }, generate: true }
`;

const details = { text: "abcd".repeat(20_000) };

/** One that the slow rule has much to do with, and that it does not match. */
function padded(): ReturnType<typeof tellingEvent> {
  return { ...tellingEvent(), event_type: "padded", logsource: { category: "test" }, details };
}

async function ask<T>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T;
}

async function alertsOf(system: System): Promise<AlertList["alerts"]> {
  return (await ask<AlertList>(`${system.alerts()}/api/v1/alerts?limit=200`)).alerts;
}

async function suspendedIn(system: System): Promise<number | undefined> {
  const { processes } = await ask<ServiceProcesses>(`${system.page()}/api/v1/services`);
  return processes.find(({ services }) => services.includes("audit-log-analysis"))?.rule_set?.suspended;
}

async function checkOf(system: System): Promise<string | undefined> {
  const { services = [] } = await ask<Health>(`${system.page()}/healthz`);
  return services.find(({ service }) => service === "audit-log-analysis")?.checks["rules:sigma"]?.status;
}

test.each(shapes)(
  "a rule that takes too long is suspended and told, the others go on, and when it is mended it is back, %s",
  { timeout: 120_000 },
  async (shape) => {
    const folder = await mkdtemp(join(tmpdir(), "auditflow-rules-"));
    const write = async (name: string, text: string): Promise<void> => {
      await writeFile(join(folder, `.${name}`), text);
      await rename(join(folder, `.${name}`), join(folder, name));
    };
    await write("slow.yml", slow);
    await write("others.yml", others);
    const system = await startSystem(shape, { AUDITFLOW_RULES: folder });
    let sent = 0;
    const send = async (): Promise<void> => {
      const events = Array.from({ length: 5 }, padded);
      await postEvents(system.intake(), events);
      sent += events.length;
    };
    const named = async (name: string): Promise<AlertList["alerts"]> =>
      (await alertsOf(system)).filter(({ alert_name }) => alert_name === name);
    try {
      const told = await until(
        async () => {
          await send();
          await until(
            async () => (await named("Quick")).length === sent,
            "the other rule saw every event",
            30_000,
          );
          const found = await named("A detection rule was suspended: Slow");
          return found[0];
        },
        "the suspension is an alert",
        30_000,
      );
      await until(async () => (await suspendedIn(system)) === 1, "the report counts it");
      await until(async () => (await checkOf(system)) === "warn", "the health says so");
      const alert = await ask<AlertDetail>(`${system.alerts()}/api/v1/alerts/${told.alert_id}`);
      expect(alert).toMatchObject({ alert_type: "auditflow_rule_suspended", severity: "HIGH" });
      expect(alert.description).toContain('Its matches are no longer counted by "Many".');

      await write("slow.yml", mended);
      await until(async () => (await suspendedIn(system)) === 0, "the mended rule is taken up again");
      await until(async () => (await checkOf(system)) === undefined, "the health is as before");
      await send();
      await until(async () => (await named("Quick")).length === sent, "all events are through", 30_000);
      expect(await named("A detection rule was suspended: Slow")).toHaveLength(1);
    } finally {
      await system.clean();
      await rm(folder, { recursive: true });
    }
  },
);

test("a scan says which rule it suspended, and goes on with the others", { timeout: 60_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "auditflow-rules-"));
  try {
    await writeFile(join(folder, "rules.yml"), `${slow}---\n${others}`);
    const events = Array.from({ length: 60 }, padded);
    await writeFile(
      join(folder, "events.jsonl"),
      events.map((event) => `${JSON.stringify(event)}\n`).join(""),
    );
    const scan = await runCommand([
      "scan",
      join(folder, "events.jsonl"),
      "--rules",
      folder,
      "--output",
      "jsonl",
    ]);
    expect(scan.code).toBe(0);
    expect(scan.stderr).toContain('auditflow: The rule "Slow"');
    const lines = scan.stdout.trimEnd().split("\n");
    const named = lines.map((line) => (JSON.parse(line) as Alert).alert_name);
    expect(named.filter((name) => name === "Quick")).toHaveLength(60);
    expect(named.filter((name) => name !== "Quick")).toEqual(["A detection rule was suspended: Slow"]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
