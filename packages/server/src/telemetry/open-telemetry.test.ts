import { spawnSync } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { type SpanReceiver, startSpanReceiver } from "../../testing/span-receiver.ts";
import { until } from "../../testing/until.ts";
import { type OpenTelemetryOptions, openTelemetry } from "./open-telemetry.ts";
import { inSpan, type SpanObserver, type Tracing } from "./trace.ts";

const clean: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of clean.splice(0).reverse()) await step();
});

async function collector(): Promise<SpanReceiver> {
  const receiver = await startSpanReceiver();
  clean.push(() => receiver.stop());
  return receiver;
}

interface Counts {
  exported: number;
  failed: number;
  dropped: number;
}

function start(
  url: string,
  changes: Partial<OpenTelemetryOptions> = {},
): { tracing: Tracing; counts: Counts } {
  const tracing = openTelemetry({
    ...{ url: `${url}/v1/traces`, sampler: "always_on", samplerRatio: 1 },
    ...{ service: "tested", version: "1.2.3", instance: "one", resource: {} },
    ...changes,
  });
  const counts: Counts = { exported: 0, failed: 0, dropped: 0 };
  const count = (name: keyof Counts) => (spans: number) => {
    counts[name] += spans;
  };
  const observer: SpanObserver = {
    exported: count("exported"),
    failed: count("failed"),
    dropped: count("dropped"),
  };
  tracing.observe(observer);
  clean.push(() => tracing.stop());
  return { tracing, counts };
}

const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const consumer = { kind: "consumer", parent: undefined, attributes: {} } as const;

test("a span comes to the collector with its parent, links, attributes and failure", async () => {
  const receiver = await collector();
  const { tracing, counts } = start(receiver.url, { resource: { "deployment.environment": "test" } });
  const tracer = tracing.tracer("part");
  const span = tracer.start("work", {
    ...{ kind: "producer", parent: `${parent} a=b`, links: [parent] },
    attributes: { "messaging.system": "rabbitmq" },
  });
  expect(span.context).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01 a=b$/);
  const work = inSpan(tracer, span, async () => {
    await delay(1);
    expect(tracer.active()).toBe(span.context);
    expect(tracing.logFields()?.trace_id).toBe("0af7651916cd43dd8448eb211c80319c");
    throw Object.assign(new Error("with a secret"), { code: "transport_unavailable" });
  });
  await expect(work).rejects.toThrow("secret");
  expect(tracer.active()).toBeUndefined();
  await until(() => receiver.spans.length === 1, "the span came");
  expect(receiver.spans[0]).toMatchObject({
    ...{ name: "work", kind: 4, parentSpanId: "b7ad6b7169203331", service: "tested", scope: "part" },
    attributes: { "messaging.system": "rabbitmq", "error.type": "transport_unavailable" },
    ...{ status: { code: 2 }, links: [{ traceId: "0af7651916cd43dd8448eb211c80319c" }] },
  });
  expect(JSON.stringify(receiver.spans)).not.toContain("secret");
  expect(receiver.resources[0]).toMatchObject({
    ...{ "service.name": "tested", "service.version": "1.2.3", "service.instance.id": "one" },
    "deployment.environment": "test",
  });
  await until(() => counts.exported === 1, "it is counted");
});

test("a span that is not sampled is active for nobody and goes nowhere", async () => {
  const receiver = await collector();
  const { tracing } = start(receiver.url, { sampler: "parentbased_always_on" });
  const tracer = tracing.tracer("part");
  const span = tracer.start("work", { ...consumer, parent: parent.replace(/01$/, "00") });
  expect(span.context).toBeUndefined();
  tracer.run(span, () => {
    expect(tracer.active()).toBeUndefined();
    expect(tracing.logFields()).toBeUndefined();
  });
  span.end();
  await tracing.stop();
  expect(receiver.spans).toEqual([]);
});

test.each([
  ["always_off", 1, 0],
  ["parentbased_always_off", 1, 0],
  ["traceidratio", 0, 0],
  ["parentbased_traceidratio", 1, 1],
] as const)("the sampler %s with %d samples %d of one", (sampler, samplerRatio, sampled) => {
  const { tracing } = start("http://127.0.0.1:9", { sampler, samplerRatio });
  const span = tracing.tracer("part").start("work", consumer);
  expect(span.context === undefined ? 0 : 1).toBe(sampled);
});

test("spans that the collector refuses are counted, and nobody waits for them", async () => {
  const receiver = await collector();
  receiver.answer(400);
  const { tracing, counts } = start(receiver.url);
  tracing.tracer("part").start("work", consumer).end();
  await until(() => counts.failed === 1, "it is counted");
  receiver.answer(200);
  tracing.tracer("part").start("work", consumer).end();
  await until(() => counts.exported === 1, "the next one passes");
});

test("while the collector hangs so many spans wait, the others are dropped and counted, and the end is not held up", async () => {
  const receiver = await collector();
  receiver.answer("hang");
  const { tracing, counts } = start(receiver.url);
  const tracer = tracing.tracer("part");
  for (let n = 0; n < 5000; n += 1) tracer.start("work", consumer).end();
  // One batch of 512 is on its way, 2,048 wait.
  expect(counts.dropped).toBeGreaterThanOrEqual(5000 - 2048 - 512);
  await tracing.stop();
  expect(counts.exported).toBe(0);
});

test("nothing of OpenTelemetry is loaded by a program that is not told where to send traces", () => {
  const cli = fileURLToPath(new URL("../cli/run.ts", import.meta.url));
  const tracing = fileURLToPath(new URL("../app/open-tracing.ts", import.meta.url));
  const program = `
    import { registerHooks } from "node:module";
    const seen = [];
    registerHooks({ resolve: (name, context, next) => { seen.push(name); return next(name, context); } });
    await import(${JSON.stringify(cli)});
    const { openTracing } = await import(${JSON.stringify(tracing)});
    const told = await openTracing({ tracing: undefined }, { service: "s", instance: "i" });
    console.log(JSON.stringify({ told: told ?? null, loaded: seen.filter((name) => /opentelemetry/.test(name)) }));`;
  const args = ["--conditions=auditflow-source", "--input-type=module", "--eval", program];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(stderr).not.toContain("Error");
  expect(JSON.parse(stdout)).toEqual({ told: null, loaded: [] });
});
