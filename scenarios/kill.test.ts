import { expect } from "vitest";
import { type Story, story } from "./story.ts";

const minutes = [0, 1, 2, 3];

/**
 * Several attackers, interleaved; each burst crosses the kills. It all happens within the lateness: whatever order a
 * crash or a slower replica brings about, no event is late.
 */
function tellAttacks(s: Story): void {
  for (const minute of minutes) {
    s.at(`09:0${minute}:00`).login("eve", { from: "203.0.113.7", on: "web-1" }).every(1_000).fails(50);
    s.at(`09:0${minute}:02`).login("mallory", { from: "203.0.113.8", on: "web-2" }).every(2_500).fails(20);
    s.at(`09:0${minute}:30`).changesFile("/etc/shadow", { on: `db-${minute}` });
  }
}

async function expectTheStory(s: Story): Promise<void> {
  await s.expectAlerts([
    { rule_name: "Burst of failed logins of one user", count: 200 },
    { rule_name: "Burst of failed logins of one user", count: 80 },
    { rule_name: "Burst of failed logins from one address", count: 200 },
    { rule_name: "Burst of failed logins from one address", count: 80 },
    ...minutes.map((minute) => ({
      severity: "CRITICAL" as const,
      timestamp: `2026-01-15T09:0${minute}:30.000Z`,
    })),
  ]);
}

/** How often each part is killed. */
const rounds = 2;

story("each part killed with -9 in the middle: nothing lost, nothing doubled", async (s) => {
  tellAttacks(s);
  const { parts } = s.system;
  const kills: Promise<void>[] = [];
  await s.send(7, (share) => {
    if (kills.length < rounds * parts.length && share >= (kills.length + 1) / (rounds * parts.length + 1)) {
      const part = parts[kills.length % parts.length]!;
      // One after the other; each begins while requests are under way.
      kills.push((kills.at(-1) ?? Promise.resolve()).then(() => s.system.killAndRestart(part)));
    }
  });
  await Promise.all(kills);
  expect(kills).toHaveLength(rounds * parts.length);
  await expectTheStory(s);
  expect(new Set((await s.alerts()).map(({ alert_id }) => alert_id)).size).toBe(8);
});

story(
  "two analysis replicas give what one gives",
  async (s) => {
    await s.system.addReplica("audit-log-analysis");
    tellAttacks(s);
    await s.send(5);
    await expectTheStory(s);
  },
  ["distributed"],
);
