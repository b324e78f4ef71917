import { expect } from "vitest";
import { story } from "./story.ts";

story("a brute force is one alert that counts every failed login", async (s) => {
  s.at("09:00").login("eve", { from: "203.0.113.7" }).every(200).fails(5);
  s.at("09:05").login("alice", { from: "198.51.100.4" }).fails(2);
  s.at("09:05:10").login("alice", { from: "198.51.100.4" }).succeeds();
  await s.send();
  await s.expectAlerts([
    { rule_name: "Burst of failed logins of one user", count: 5, first_event_at: "2026-01-15T09:00:00.000Z" },
    {
      rule_name: "Burst of failed logins from one address",
      count: 5,
      last_event_at: "2026-01-15T09:00:00.800Z",
    },
  ]);
});

story("a burst that goes on stays one alert, a later one is another", async (s) => {
  s.at("09:00").login("eve", { on: "db-1" }).every(500).fails(500);
  s.at("11:00").login("eve", { on: "db-1" }).fails(3);
  await s.send(100);
  await s.expectAlerts([
    { rule_name: "Burst of failed logins of one user", count: 500 },
    { rule_name: "Burst of failed logins of one user", count: 3 },
    { rule_name: "Burst of failed logins from one address", count: 500 },
    { rule_name: "Burst of failed logins from one address", count: 3 },
  ]);
});

story("a changed sensitive file is an alert, a look-alike is not", async (s) => {
  s.at("10:00").changesFile("/etc/passwd");
  s.at("10:01").changesFile("/tmp/etc/passwd");
  s.at("10:02").changesFile("/etc/passwd.bak");
  await s.send();
  await s.expectAlerts([{ severity: "CRITICAL", count: 1, timestamp: "2026-01-15T10:00:00.000Z" }]);
  const [summary] = await s.alerts();
  const alert = await s.alert(summary!.alert_id);
  expect(alert.evidence).toEqual([s.events[0]!.event_id]);
  expect(alert.impacted_resource.resource_id).toBe("/etc/passwd");
});

story("every part ends with code 0 on SIGTERM", async (s) => {
  s.at("09:00").login("eve").fails(3);
  await s.send();
  expect(await s.system.stop()).toEqual(s.system.parts.map(() => 0));
});
