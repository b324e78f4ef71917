import { randomBytes, randomUUID } from "node:crypto";
import type { AlertDetail, AlertList } from "@auditflow/contracts";
import { afterEach, describe, expect, test } from "vitest";
import { startHttpReceiver } from "../packages/server/testing/http-receiver.ts";
import { startSpanReceiver } from "../packages/server/testing/span-receiver.ts";
import { type System, shapes, startSystem } from "./system.ts";

const clean: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of clean.splice(0).reverse()) await step();
});

async function ask<T>(url: string, body?: object, headers: Record<string, string> = {}): Promise<T> {
  const answer = await fetch(url, {
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    headers: { "content-type": "application/json", ...headers },
    signal: AbortSignal.timeout(15_000),
  });
  expect(answer.ok, `${url}: ${answer.status}`).toBe(true);
  return (await answer.json()) as T;
}

function changedFile(name: string): object {
  return {
    event_id: randomUUID(),
    ...{ timestamp: "2026-01-15T10:00:00.000Z", source_service: "scenario", server_hostname: name },
    ...{
      event_type: "file_modified",
      severity: "CRITICAL",
      user_id: `user-of-${name}`,
      action_result: "MODIFIED",
    },
    ...{ resource: "/etc/passwd", logsource: { category: "file_event" } },
  };
}

/** Sends events in one request through the front door; those of a trace continue it. */
async function send(system: System, events: readonly object[], traceId?: string): Promise<void> {
  const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
  const headers = traceId === undefined ? {} : { traceparent, tracestate: "vendor=1" };
  await ask(`${system.page()}/api/v1/events`, events, headers as Record<string, string>);
}

async function alertOf(system: System, host: string): Promise<AlertDetail> {
  const filter = encodeURIComponent(`host:${host}`);
  const url = `${system.alerts()}/api/v1/alerts?filter=${filter}`;
  await expect
    .poll(async () => (await ask<AlertList>(url)).alerts.length, { timeout: 60_000, interval: 100 })
    .toBe(1);
  const [alert] = (await ask<AlertList>(url)).alerts;
  return await ask<AlertDetail>(`${system.alerts()}/api/v1/alerts/${alert!.alert_id}`);
}

describe("an event of a trace", () => {
  test.each(shapes)(
    "can be followed from the request to the webhook: %s",
    { timeout: 180_000 },
    async (shape) => {
      const collector = await startSpanReceiver();
      clean.push(() => collector.stop());
      const hook = await startHttpReceiver();
      clean.push(() => hook.stop());
      const system = await startSystem(shape, {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_TRACES_SAMPLER: "parentbased_always_off",
        AUDITFLOW_ALLOWED_RECEIVERS: "127.0.0.0/8",
      });
      clean.push(() => system.clean());
      const channel = { name: "hook", kind: "webhook", settings: { url: hook.url } };
      await ask(`${system.alerts()}/api/v1/channels`, { ...channel, severity: "HIGH" });

      const traceId = randomBytes(16).toString("hex");
      const other = randomBytes(16).toString("hex");
      // Together, so that they have every chance to share a message.
      await Promise.all([
        send(system, [changedFile("traced")], traceId),
        send(system, [changedFile("untraced")]),
        send(system, [changedFile("other")], other),
      ]);

      expect((await alertOf(system, "traced")).trace_id).toBe(traceId);
      expect((await alertOf(system, "other")).trace_id).toBe(other);
      expect(await alertOf(system, "untraced")).not.toHaveProperty("trace_id");

      await expect
        .poll(() => collector.spansOf(traceId).map(({ scope, name }) => `${scope}: ${name}`), {
          timeout: 30_000,
          interval: 100,
        })
        .toEqual(
          expect.arrayContaining([
            "http: POST /api/v1/events",
            "audit-event-gateway: publish auditflow:events",
            "audit-log-analysis: publish auditflow:alerts",
            "notification-service: deliver webhook",
          ]),
        );
      const delivered = () => hook.requests.filter(({ headers }) => headers["traceparent"] !== undefined);
      await expect.poll(() => delivered().length, { timeout: 30_000, interval: 100 }).toBe(2);
      const sent = hook.requests.find(({ body }) => body.includes('"host":"traced"'));
      const told = collector.spansOf(traceId).find(({ name }) => name === "deliver webhook");
      expect(sent?.headers["traceparent"]).toBe(`00-${traceId}-${told?.spanId}-01`);

      const spans = collector.spansOf(traceId);
      const known = new Set(["00f067aa0ba902b7", ...spans.map(({ spanId }) => spanId)]);
      expect(spans.filter(({ parentSpanId }) => !known.has(parentSpanId ?? ""))).toEqual([]);
      if (shape === "distributed") {
        expect(new Set(spans.map(({ service }) => service))).toEqual(
          new Set([
            "event-audit-dashboard",
            "audit-event-gateway",
            "audit-log-analysis",
            "notification-service",
          ]),
        );
      }
      expect(await system.stop()).toEqual(system.parts.map(() => 0));
    },
  );
});
