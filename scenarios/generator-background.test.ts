import type { Alert, AuditEvent } from "@auditflow/contracts";
import { describe, expect, test } from "vitest";
import { offlineAnalyser } from "../packages/server/src/app/offline-analyser.ts";
import { rulePack } from "../packages/server/src/app/rule-pack.ts";
import { loadRuleFolders } from "../packages/server/src/detect/rule-set.ts";
import { Background } from "../packages/server/src/generate/background.ts";

const rules = await loadRuleFolders([rulePack]);
const count = 200_000;

/** Half past six in UTC: people arrive, and eleven hours at five events a second end at night. */
const start = Date.parse("2026-01-15T06:30:00.000Z");

describe.each([5, 20_000])("no rule fires on %d background events a second", (rate) => {
  test.each([1, 2])("seed %d", async (seed) => {
    const background = new Background(seed);
    const analyser = offlineAnalyser({ rules });
    const alerts: Alert[] = [];
    for (let made = 0; made < count; made += 1000) {
      const events = Array.from({ length: 1000 }, (_none, index): AuditEvent => {
        const at = start + Math.floor(((made + index) / rate) * 1000);
        return JSON.parse(background.next(at, new Date(at).toISOString()));
      });
      alerts.push(...(await analyser.take(events)));
    }
    alerts.push(...(await analyser.flush()));
    expect(alerts.map(({ alert_name, raw_event_data }) => ({ alert_name, raw_event_data }))).toEqual([]);
  });
});
