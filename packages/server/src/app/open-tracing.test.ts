import Fastify from "fastify";
import { expect, test } from "vitest";
import { startSpanReceiver } from "../../testing/span-receiver.ts";
import { until } from "../../testing/until.ts";
import { createLog } from "../telemetry/log.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { beginTracing, openTracing } from "./open-tracing.ts";

test("a collector that takes nothing is one line in the log, its return another, and requests notice neither", async () => {
  const receiver = await startSpanReceiver();
  const tracing = await openTracing(
    {
      tracing: { url: `${receiver.url}/v1/traces`, sampler: "always_on", samplerRatio: 1, resource: {} },
    },
    { service: "tested", instance: "one" },
  );
  const names: unknown[] = [];
  const write = (line: string) =>
    void names.push((JSON.parse(line) as Record<string, unknown>)["event.name"]);
  const log = createLog({
    ...{ level: "info", clock: { now: () => Date.now() }, service: "t", version: "0", instance: "t" },
    destination: { write },
  });
  const http = Fastify();
  const metrics = createMetrics("0.0.0");
  const end = beginTracing(tracing, { http, log, metrics });
  http.post("/things/:id", async () => ({}));
  const ask = () => http.inject({ method: "POST", url: "/things/7?secret=1", payload: { secret: 1 } });
  const count = async (outcome: string) =>
    (await metrics.traceSpans.get()).values.find(({ labels }) => labels.outcome === outcome)?.value ?? 0;
  receiver.answer(400);
  for (const failed of [1, 2]) {
    expect((await ask()).statusCode).toBe(200);
    await until(async () => (await count("failed")) === failed, "it is counted");
  }
  receiver.answer(200);
  await ask();
  await until(async () => (await count("exported")) === 1, "the next one passes");
  expect(names).toEqual(["traces.failed", "traces.delivered"]);
  expect(receiver.spans).toMatchObject([
    { name: "POST /things/:id", kind: 2, attributes: { "http.route": "/things/:id" } },
  ]);
  expect(JSON.stringify(receiver.spans)).not.toContain("secret");
  await http.close();
  await end();
  await receiver.stop();
});
