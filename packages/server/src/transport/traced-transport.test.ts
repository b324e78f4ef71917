import { afterEach, beforeEach, expect, test } from "vitest";
import { type SpanReceiver, startSpanReceiver } from "../../testing/span-receiver.ts";
import { events, type Numbered, numbered } from "../../testing/transport-subject.ts";
import { exampleTrace } from "../../testing/transport-traces.ts";
import { until } from "../../testing/until.ts";
import { openTelemetry } from "../telemetry/open-telemetry.ts";
import type { Tracer, Tracing } from "../telemetry/trace.ts";
import { traceIdOf } from "../telemetry/trace-context.ts";
import { memoryTransport } from "./memory.ts";
import { tracedTransport } from "./traced-transport.ts";
import type { Batch, Transport } from "./transport.ts";

let receiver: SpanReceiver;
let tracing: Tracing;
let tracer: Tracer;
let transport: Transport;
let batches: Batch[];

beforeEach(async () => {
  receiver = await startSpanReceiver();
  tracing = openTelemetry({
    ...{ url: `${receiver.url}/v1/traces`, sampler: "parentbased_always_on", samplerRatio: 1 },
    ...{ service: "tested", version: "1", instance: "one", resource: {} },
  });
  tracer = tracing.tracer("part");
  transport = tracedTransport(memoryTransport({ clock: { now: () => Date.now() } }), tracer);
  batches = [];
});

afterEach(async () => {
  await transport.stop();
  await tracing.stop();
  await receiver.stop();
});

function subscribe(): void {
  transport.subscribe({
    ...events,
    handler: async (batch) => {
      batches.push(batch);
      return batch.records.map(() => "ack");
    },
  });
}

const named = (name: string) => receiver.spans.filter((span) => span.name === name);
const arrived = (count: number) => () => batches.flatMap(({ records }) => records).length === count;

test("what is published in a span is a part of its trace, and so is what handles it and what comes of that", async () => {
  subscribe();
  const span = tracer.start("request", { kind: "server", parent: exampleTrace(1), attributes: {} });
  await tracer.run(span, () => transport.publish("events", numbered(3)));
  span.end();
  await until(arrived(3), "they came");
  await until(() => receiver.spansOf(traceIdOf(exampleTrace(1))).length === 3, "the spans came");
  const [publish] = named("publish auditflow:events");
  const [process] = named("process auditflow:events");
  expect(publish).toMatchObject({
    kind: 4,
    attributes: {
      ...{ "messaging.system": "memory", "messaging.destination.name": "auditflow:events" },
      ...{ "messaging.operation.type": "send", "messaging.batch.message_count": 3 },
    },
  });
  expect(process).toMatchObject({ kind: 5, parentSpanId: publish?.spanId });
  expect(batches[0]?.traces?.[0]).toContain(process?.spanId);
});

test("a batch of several traces is a trace of its own with links, and each record keeps its own", async () => {
  const traces = numbered(300).map(({ id }) => exampleTrace(id));
  await transport.publish("events", numbered(300), traces);
  subscribe();
  await until(arrived(300), "they came");
  await until(() => named("process auditflow:events").length === batches.length, "the spans came");
  await until(() => named("publish auditflow:events").length === 300, "every publish has a span");
  for (const { traces: own, records } of batches) {
    const ids = own?.map((trace) => trace && traceIdOf(trace));
    expect(ids).toEqual((records as Numbered[]).map(({ id }) => traceIdOf(exampleTrace(id))));
  }
  const several = batches.findIndex(({ records }) => records.length > 1);
  const spans = named("process auditflow:events");
  expect(several).not.toBe(-1);
  expect(spans.some(({ parentSpanId, links = [] }) => parentSpanId === undefined && links.length > 1)).toBe(
    true,
  );
  expect(Math.max(...spans.map(({ links = [] }) => links.length))).toBeLessThanOrEqual(128);
});

test("what is part of no trace makes no span", async () => {
  subscribe();
  await transport.publish("events", numbered(5));
  await until(arrived(5), "they came");
  await tracing.stop();
  expect(receiver.spans).toEqual([]);
  expect(batches.every((batch) => !("traces" in batch))).toBe(true);
});
