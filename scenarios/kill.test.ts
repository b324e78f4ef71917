import { expect } from "vitest";
import { type Story, story } from "./story.ts";

/** Several attackers, interleaved; each burst crosses the kills. */
function tellAttacks(s: Story, minutes: number): void {
  for (let minute = 0; minute < minutes; minute += 1) {
    const time = `09:${String(minute).padStart(2, "0")}`;
    s.at(`${time}:00`).login("eve", { from: "203.0.113.7", on: "web-1" }).every(4_000).fails(5);
    s.at(`${time}:02`).login("mallory", { from: "203.0.113.8", on: "web-2" }).every(9_000).fails(2);
    if (minute % 10 === 0) s.at(`${time}:30`).changesFile("/etc/shadow", { on: `db-${minute}` });
  }
}

async function expectTheStory(s: Story, minutes: number): Promise<void> {
  const tens = Array.from({ length: Math.ceil(minutes / 10) }, (_, index) => index * 10);
  await s.expectAlerts([
    { rule_name: "Burst of failed logins of one user", count: minutes * 5 },
    { rule_name: "Burst of failed logins of one user", count: minutes * 2 },
    { rule_name: "Burst of failed logins from one address", count: minutes * 5 },
    { rule_name: "Burst of failed logins from one address", count: minutes * 2 },
    ...tens.map((minute) => ({
      severity: "CRITICAL" as const,
      timestamp: `2026-01-15T09:${String(minute).padStart(2, "0")}:30.000Z`,
    })),
  ]);
}

/** How often each part is killed. */
const rounds = 2;

story("each part killed with -9 in the middle: nothing lost, nothing doubled", async (s) => {
  tellAttacks(s, 40);
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
  await expectTheStory(s, 40);
  expect(new Set((await s.alerts()).map(({ alert_id }) => alert_id)).size).toBe(8);
});

story(
  "two analysis replicas give what one gives",
  async (s) => {
    await s.system.addReplica("audit-log-analysis");
    // Shorter than the lateness: whichever replica is slower, no event is late.
    tellAttacks(s, 4);
    await s.send(5);
    await expectTheStory(s, 4);
  },
  ["distributed"],
);
