import { Alert, type AuditEvent } from "@auditflow/contracts";
import type { RuleSet } from "@auditflow/sigma";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { eventId, start } from "../../testing/correlation.ts";
import { formatTimestamp } from "../telemetry/clock.ts";
import { memoryWindows } from "../windows/memory.ts";
import { createAnalyser } from "./analyser.ts";
import { loadSources } from "./load-sources.ts";
import type { SuspendedRule } from "./suspension-alert.ts";

const detection = (title: string, field: string): string => `title: ${title}
name: ${title}
logsource: { category: test }
detection: { selection: { ${field}: "*" }, condition: selection }
`;
const counting = (title: string, counted: string): string => `title: ${title}
name: ${title}
correlation: { type: event_count, rules: [${counted}], group-by: [user_id], timespan: 1m, condition: { gte: 2 }, generate: true }
`;
const documents = [
  ...[detection("slow", "user_id"), detection("quick", "user_id")],
  ...[counting("bursts", "slow"), counting("others", "quick"), counting("bursts of bursts", "bursts")],
];
const loaded = await loadSources([{ file: "rules.yml", text: documents.join("---\n") }]);

function event(n: number, changes: Partial<AuditEvent> = {}): AuditEvent {
  return {
    ...{ event_id: eventId(n), timestamp: formatTimestamp(start + n), source_service: "sshd" },
    ...{ server_hostname: `db${n}`, event_type: "user_login", severity: "WARNING" },
    ...{ user_id: "mallory", action_result: "FAILURE", logsource: { category: "test" } },
    ...changes,
  };
}

/** One process whose slow rule takes 300 ms for an event; `wall` is the time of day, which all processes share. */
function replica(wall: { at: number }, rules: RuleSet = loaded) {
  let spent = 0;
  const told: SuspendedRule[] = [];
  const slowed = rules.rules.map((rule) => {
    if (rule.kind !== "detection" || rule.title !== "slow") return rule;
    const matches = (): boolean => {
      spent += 300;
      return true;
    };
    return { ...rule, matches };
  });
  const clock = { now: () => wall.at };
  const analyser = createAnalyser({
    ...{ rules: { ...rules, rules: slowed }, clock, windows: memoryWindows({ clock }) },
    timing: { now: () => spent, processorTime: () => spent },
    onSuspended: (one) => void told.push(one),
  });
  return { analyser, told };
}

const ours = (alerts: readonly Alert[]): Alert[] =>
  alerts.filter(({ alert_type }) => alert_type === "auditflow_rule_suspended");
const namesOf = (alerts: readonly Alert[]): string =>
  alerts
    .map(({ alert_name }) => alert_name)
    .sort()
    .join();

const now = Date.UTC(2026, 5, 1, 12, 10);

describe("a rule that used up its time", () => {
  it("raises an alert that names it, its file, its time and the correlations that no longer count it", async () => {
    const { analyser, told } = replica({ at: now });
    const [alert] = ours(await analyser.take([event(1, { client_ip: "192.0.2.9" })]));
    expect(new Ajv().validate(Alert, alert)).toBe(true);
    expect(alert).toMatchObject({
      ...{
        alert_name: "A detection rule was suspended: slow",
        severity: "HIGH",
        timestamp: formatTimestamp(now),
      },
      triggered_by: { actor_type: "user", actor_id: "mallory", client_ip: "192.0.2.9" },
      impacted_resource: { resource_type: "detection_rule", resource_id: loaded.rules[0]!.id },
      ...{ evidence: [eventId(1)], raw_event_data: { event_id: eventId(1) } },
      metadata: { suspended_rule: { file: "rules.yml", line: 1, version: loaded.rules[0]!.version } },
    });
    expect(alert!.description).toContain('"slow" (rules.yml:1) took 300 ms');
    expect(alert!.description).toContain('no longer counted by "bursts", "bursts of bursts".');
    expect(told.map(({ rule, event: { event_id } }) => [rule.title, event_id])).toEqual([
      ["slow", eventId(1)],
    ]);
  });

  it("matches nothing from then on, while the other rules go on", async () => {
    const { analyser, told } = replica({ at: now });
    expect(namesOf(await analyser.take([event(1)]))).toBe("A detection rule was suspended: slow,quick,slow");
    expect(namesOf(await analyser.take([event(2), event(3)]))).toBe("others,quick,quick");
    expect(analyser.suspended()).toHaveLength(1);
    expect(told).toHaveLength(1);
  });

  it("an event too large for an alert is named, not carried", async () => {
    const { analyser } = replica({ at: now });
    const [alert] = ours(await analyser.take([event(1, { details: { text: "a".repeat(20_000) } })]));
    expect(alert).toMatchObject({ raw_event_data: null, evidence: [eventId(1)] });
  });

  it("five processes that suspend it on five events within an hour make one alert", async () => {
    const all = await Promise.all(
      [1, 2, 3, 4, 5].map(async (n) => {
        const { analyser } = replica({ at: now + n * 60_000 });
        return ours(await analyser.take([event(n)]));
      }),
    );
    expect(new Set(all.flat().map(({ alert_id }) => alert_id)).size).toBe(1);
  });

  it("is told again when it is suspended after a restart in another hour, in the same incident", async () => {
    const take = async (at: number, n: number) => ours(await replica({ at }).analyser.take([event(n)]))[0]!;
    const [one, other] = [await take(now, 1), await take(now + 3_600_000, 2)];
    expect(other.alert_id).not.toBe(one.alert_id);
    const incidentOf = ({
      analysis_rule: rule,
      impacted_resource: { resource_type, resource_id },
    }: Alert) => [...[rule.rule_id, rule.incident_by, resource_type, resource_id]];
    expect(incidentOf(one)).toEqual(incidentOf(other));
    expect(one.analysis_rule.incident_by).toEqual(["resource"]);
  });

  it("its alert is handed out again until it was published", async () => {
    const wall = { at: now };
    const { analyser } = replica(wall);
    const alerts = ours(await analyser.take([event(1)]));
    expect(ours(await analyser.sweep())).toEqual([]);
    wall.at += 10_000;
    expect(ours(await analyser.sweep())).toEqual(alerts);
    expect(ours(await analyser.sweep())).toEqual([]);
    analyser.confirm(alerts);
    wall.at += 60_000;
    expect(ours(await analyser.sweep())).toEqual([]);
  });

  it("stays suspended when the same rules are loaded again, and is taken up when it decides otherwise", async () => {
    const { analyser } = replica({ at: now });
    await analyser.take([event(1)]);
    analyser.use(loaded);
    expect(analyser.suspended()).toHaveLength(1);
    expect(namesOf(await analyser.take([event(2)]))).toBe("others,quick");
    analyser.use(
      await loadSources([
        { file: "rules.yml", text: documents.join("---\n").replace("user_id: ", "event_type: ") },
      ]),
    );
    expect(analyser.suspended()).toHaveLength(0);
    expect(namesOf(await analyser.take([event(3)]))).toContain("slow");
  });
});
