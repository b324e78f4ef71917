import { randomUUID } from "node:crypto";
import { type AlertList, alertSeverities, errorTable } from "@auditflow/contracts";
import { describe, expect, test } from "vitest";
import { type System, shapes, startSystem } from "./system.ts";

/** One line of a page of metrics. */
interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

async function samplesOf(system: System): Promise<Sample[]> {
  const pages = await Promise.all(system.urls().map(async (url) => (await fetch(`${url}/metrics`)).text()));
  return pages
    .join("\n")
    .split("\n")
    .flatMap((line) => {
      const found = /^(auditflow_\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
      if (found === null) return [];
      const labels = [...(found[2] ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
      return [
        {
          ...{ name: found[1]!.slice("auditflow_".length), value: Number(found[3]) },
          labels: Object.fromEntries(labels.map(([, name, value]) => [name!, value!])),
        },
      ];
    });
}

function sum(samples: readonly Sample[], name: string): number {
  return samples.filter((sample) => sample.name === name).reduce((total, { value }) => total + value, 0);
}

const codes = Object.keys(errorTable);

/** The values that a label may ever have. */
const allowed: Readonly<Record<string, RegExp>> = {
  reason: new RegExp(`^(${codes.join("|")})$`),
  code: new RegExp(`^(${codes.join("|")})$`),
  severity: new RegExp(`^(${alertSeverities.join("|")})$`),
  channel: /^(webhook|slack|email|log)$/,
  outcome: /^(delivered|retry|dead|exported|failed|dropped)$/,
  need: /^(transport|windows|database|disk)$/,
  name: /^(rabbitmq|redis|postgres|sqlite|memory|data)$/,
  method: /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|other)$/,
  // A pattern, or none of them: whatever was asked for has a mark in it.
  route: /^(none|\*|\/(?!.*zz)[\w:*/.{}-]*)$/,
  status: /^[1-5]\d\d$/,
  version: /^\d+\.\d+\.\d+[\w.-]*$/,
  le: /^([\d.e-]+|\+Inf)$/,
};

function event(changes: object = {}): Record<string, unknown> {
  return {
    event_id: randomUUID(),
    ...{ timestamp: "2026-01-15T10:00:00.000Z", source_service: `zz-${randomUUID()}` },
    ...{ server_hostname: `zz-${randomUUID()}`, event_type: "user_login", severity: "WARNING" },
    ...{ user_id: `zz-${randomUUID()}`, action_result: "FAILURE", client_ip: "203.0.113.9" },
    logsource: { category: "authentication" },
    ...changes,
  };
}

async function post(system: System, body: unknown): Promise<number> {
  const answer = await fetch(`${system.intake()}/api/v1/events`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  await answer.arrayBuffer();
  return answer.status;
}

/** Requests of all kinds, few of them good. */
async function noise(system: System): Promise<void> {
  for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "PURGE"]) {
    for (const url of system.urls()) {
      for (const path of [`/zz/${randomUUID()}`, `/api/v1/alerts/zz${randomUUID()}`, `/api/v1/zz?a=zz`]) {
        await (await fetch(url + path, { method })).arrayBuffer();
      }
    }
  }
}

describe("the metrics of a noisy run", () => {
  test.each(shapes)(
    "say what was sent, and no label has a value that somebody sent: %s",
    {
      timeout: 180_000,
    },
    async (shape) => {
      const system = await startSystem(shape);
      try {
        const burst = Array.from({ length: 50 }, () => event({ user_id: "zz-eve" }));
        const bad = [event({ severity: "zz" }), { zz: 1 }, event({ timestamp: "2026-02-30T00:00:00Z" }), 7];
        expect(await post(system, [...burst, ...bad])).toBe(202);
        expect(await post(system, burst)).toBe(202);
        expect(await post(system, "{ zz")).toBe(400);
        expect(await post(system, [{ zz: 1 }])).toBeGreaterThanOrEqual(400);
        await noise(system);
        const asked = `${system.alerts()}/api/v1/alerts?limit=200`;
        const alerts = async () => ((await (await fetch(asked)).json()) as AlertList).alerts;
        await expect
          .poll(async () => sum(await samplesOf(system), "events_evaluated_total"), { timeout: 60_000 })
          .toBe(100);
        await expect
          .poll(
            async () => {
              const samples = await samplesOf(system);
              return sum(samples, "alerts_stored_total") + sum(samples, "alerts_duplicate_total");
            },
            { timeout: 60_000 },
          )
          .toBeGreaterThanOrEqual(1);
        await expect.poll(async () => (await alerts()).length, { timeout: 60_000 }).toBe(1);

        const samples = await samplesOf(system);
        expect(sum(samples, "events_received_total")).toBe(50 + 4 + 50 + 1 + 1);
        expect(sum(samples, "events_accepted_total")).toBe(100);
        expect(sum(samples, "events_rejected_total")).toBe(4 + 1 + 1);
        expect(sum(samples, "events_duplicate_total")).toBe(50);
        const stored = sum(samples, "alerts_stored_total") + sum(samples, "alerts_duplicate_total");
        expect(sum(samples, "batch_size_sum")).toBe(stored);
        expect(sum(samples, "alerts_total")).toBeGreaterThanOrEqual(stored);
        expect(sum(samples, "window_resets_total")).toBe(0);
        expect(sum(samples, "http_request_duration_seconds_count")).toBeGreaterThan(20);
        for (const { name, labels } of samples) {
          for (const [label, value] of Object.entries(labels)) {
            expect(value, `${name}: ${label}`).toMatch(allowed[label] ?? /^no such label$/);
          }
        }
      } finally {
        await system.clean();
      }
    },
  );
});
