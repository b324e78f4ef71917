import type { AuditEvent } from "@auditflow/contracts";
import { describe, expect, test } from "vitest";
import { offlineAnalyser } from "../packages/server/src/app/offline-analyser.ts";
import { rulePack } from "../packages/server/src/app/rule-pack.ts";
import { loadRuleFolders } from "../packages/server/src/detect/rule-set.ts";
import { Background } from "../packages/server/src/generate/background.ts";
import { perform } from "../packages/server/src/generate/run-scenario.ts";
import { scenarios } from "../packages/server/src/generate/scenarios.ts";

const rules = await loadRuleFolders([rulePack]);
const nameOf = new Map(rules.rules.map(({ id, name }) => [id, name]));
const now = Date.parse("2026-01-15T10:00:00.000Z");

/** The names of the rules whose alerts stand after these events, once per alert. */
async function fired(events: readonly AuditEvent[]): Promise<string[]> {
  const analyser = offlineAnalyser({ rules });
  const revisions = [...(await analyser.take(events)), ...(await analyser.flush())];
  const latest = new Map(revisions.map((alert) => [alert.alert_id, alert]));
  return [...latest.values()]
    .filter(({ merged_into }) => merged_into === undefined)
    .map(({ analysis_rule }) => nameOf.get(analysis_rule.rule_id) ?? analysis_rule.rule_id);
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)].toSorted();
}

function backgroundEvents(): AuditEvent[] {
  const background = new Background(4);
  return Array.from({ length: 2000 }, (_none, index) => {
    const at = now - 10_000 + index * 5;
    return JSON.parse(background.next(at, new Date(at).toISOString()));
  });
}

describe.each(scenarios.map((script) => ({ name: script.name, script })))("$name", ({ script }) => {
  test("fires the rules it states and no others", async () => {
    const { events } = perform(script, { run: 0, now });
    expect(distinct(await fired(events))).toEqual(script.rules);
  });

  test("fires the same amid the background", async () => {
    const { events } = perform(script, { run: 1, now });
    const all = [...events, ...backgroundEvents()].toSorted((a, b) => a.timestamp.localeCompare(b.timestamp));
    expect(distinct(await fired(all))).toEqual(script.rules);
  });

  test("makes alerts of its own in a second run", async () => {
    const once = await fired(perform(script, { run: 2, now }).events);
    const both = [2, 3].flatMap((run) => perform(script, { run, now }).events);
    expect((await fired(both)).toSorted()).toEqual([...once, ...once].toSorted());
  });
});
