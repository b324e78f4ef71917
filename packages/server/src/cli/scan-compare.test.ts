import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runHere } from "../../testing/run-here.ts";

let folder: string;

const refused = `title: Refused
id: 11111111-1111-4111-8111-111111111111
name: refused
logsource: { category: authentication }
detection: { s: { action_result: FAILURE }, condition: s }
level: low
---
title: Burst
id: 22222222-2222-4222-8222-222222222222
correlation: { type: event_count, rules: [refused], group-by: [user_id], timespan: 1m, condition: { gte: 2 } }
level: high
---
title: Root
id: 33333333-3333-4333-8333-333333333333
logsource: { category: authentication }
detection: { s: { user_id: root }, condition: s }
level: medium
`;

const files: Readonly<Record<string, string>> = {
  "rules.yml": refused,
  // Another version of each rule that raises the same alerts.
  "same.yml": refused.replace("gte: 2", "gt: 1").replace("{ user_id: root }", "{ user_id: [root, toor] }"),
  // The window is longer, one rule is gone, another is new.
  "other.yml": `${refused.split("---\n").slice(0, 2).join("---\n").replace("1m", "1h")}---
title: Bob
id: 44444444-4444-4444-8444-444444444444
logsource: { category: authentication }
detection: { s: { user_id: bob }, condition: s }
level: critical
`,
};

const event = (at: string, user: string, result: string): string =>
  JSON.stringify({
    ...{ timestamp: `2026-01-01T${at}.000Z`, source_service: "s", server_hostname: "h" },
    ...{ event_type: "user_login", severity: "INFO", user_id: user, action_result: result },
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "auditflow-compare-"));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const events = [
    event("09:00:00", "alice", "FAILURE"),
    event("09:00:10", "alice", "FAILURE"),
    event("09:10:00", "alice", "FAILURE"),
    event("09:20:00", "root", "SUCCESS"),
    event("09:30:00", "bob", "SUCCESS"),
  ];
  await writeFile(join(folder, "events.jsonl"), `${events.join("\n")}\n`);
});
afterAll(() => rm(folder, { recursive: true }));

async function compare(other: string, ...args: string[]) {
  const path = (name: string): string => join(folder, name);
  const rules = ["--rules", path("rules.yml"), "--compare", path(other)];
  return await runHere(["scan", path("events.jsonl"), ...rules, ...args]);
}

describe("auditflow scan --compare", () => {
  test("rules of other versions that raise the same alerts win and lose none", async () => {
    const { code, stdout, stderr } = await compare("same.yml", "--fail-on", "low");
    expect(stdout).toBe(
      "WON  LOST  CHANGED  SAME  RULE\n0    0     0        1     Burst\n0    0     0        1     Root\n",
    );
    expect(stderr).toMatch(/^5 events, .* 2 alerts, 2 with the other rules: 0 won, 0 lost, 0 changed\n$/);
    expect(code).toBe(0);
  });

  test("tells alerts won, lost and changed, in order of time and rule by rule", async () => {
    const { code, stdout } = await compare("other.yml");
    expect(stdout).toMatch(/^changed +2026-01-01T09:00:00.000Z .* HIGH +2 -> 3 +alice .* Burst$/m);
    expect(stdout).toMatch(/^lost +2026-01-01T09:20:00.000Z .* MEDIUM +1 +root .* Root$/m);
    expect(stdout).toMatch(/^won +2026-01-01T09:30:00.000Z .* CRITICAL +1 +bob .* Bob$/m);
    expect(stdout).toMatch(/^0 +1 +0 +0 +Root$/m);
    expect(code).toBe(0);
  });

  test("JSON lines are the alerts with what became of them, and what they were", async () => {
    const { stdout } = await compare("other.yml", "--output", "jsonl");
    const lines = stdout.trim().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { change: "changed", was: { count: 2, severity: "HIGH" }, count: 3, alert_name: "Burst" },
      { change: "lost", alert_name: "Root" },
      { change: "won", alert_name: "Bob" },
    ]);
  });

  test("ends with 3 when an alert won or lost reaches the level, and only then", async () => {
    expect((await compare("other.yml", "--fail-on", "critical")).code).toBe(3);
    const half = join(folder, "half.yml");
    await writeFile(half, refused.split("---\n").slice(0, 2).join("---\n"));
    expect((await compare("half.yml", "--fail-on", "high")).code).toBe(0);
    expect((await compare("half.yml", "--fail-on", "medium")).code).toBe(3);
  });

  test("with --matches tells the pairs of event and rule that only one set matched", async () => {
    const { stdout } = await compare("other.yml", "--matches");
    expect(
      stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).toMatchObject([
      { change: "lost", line: 4, rule_title: "Root", level: "medium" },
      { change: "won", line: 5, rule_title: "Bob", level: "critical" },
    ]);
  });

  test("rules to compare with that do not load are wrong use", async () => {
    const { code, stderr } = await compare("absent.yml");
    expect([code, stderr]).toEqual([2, expect.stringContaining("No rule could be loaded from")]);
  });
});
