import { mkdtemp, rm } from "node:fs/promises";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AuditEvent } from "@auditflow/contracts";
import { type Running, startService } from "../packages/server/testing/process.ts";
import { residentMebibytes } from "./processor-time.ts";
import { expectStored, referenceAlerts, smallStream } from "./reference.ts";
import { atLeast, atMost, type Goal } from "./report.ts";
import type { Length } from "./run.ts";
import { streamEvent } from "./stream.ts";

const batchEvents = 1000;
const inFlight = 4;

/** How many events are sent: enough for the memory goal in both lengths. */
const totals: Readonly<Record<Length, number>> = { quick: 1_000_000, full: 5_000_000 };

/** Everything in one process on one folder: start, durable intake over HTTP, the whole path, memory. */
export async function embedded(length: Length): Promise<readonly Goal[]> {
  const data = await mkdtemp(join(tmpdir(), "auditflow-bench-"));
  const started = performance.now();
  const app = await startService(["--data", data]);
  const ready = await untilReady(app, started);
  try {
    const events = smallStream();
    await postAll(app, chunks(events.map(asSent)));
    await expectStored(app.url, await referenceAlerts(events));

    const total = totals[length];
    const before = await evaluated(app);
    const begun = performance.now();
    await postAll(app, stream(total));
    const intake = (total / (performance.now() - begun)) * 1000;
    await untilEvaluated(app, before + total);
    const wholePath = (total / (performance.now() - begun)) * 1000;
    return [
      atMost({ name: "embedded: ready after", value: ready, unit: "ms", goal: 1000 }),
      atLeast({
        name: "embedded: durable intake in batches",
        value: intake,
        unit: "events/s",
        goal: 100_000,
      }),
      atLeast({
        name: "embedded: intake to evaluated and published",
        value: wholePath,
        unit: "events/s",
        goal: 30_000,
      }),
      atMost({
        name: `embedded: resident memory after ${total} events`,
        value: residentMebibytes(app.pid),
        unit: "MiB",
        goal: 200,
      }),
    ];
  } finally {
    await app.end("SIGTERM");
    await rm(data, { recursive: true, force: true });
  }
}

async function untilReady(app: Running, started: number): Promise<number> {
  while (!(await fetch(`${app.url}/readyz`)).ok) await new Promise((resolve) => setTimeout(resolve, 5));
  return performance.now() - started;
}

function* chunks(events: readonly object[]): Generator<string> {
  for (let index = 0; index < events.length; index += batchEvents) {
    yield JSON.stringify(events.slice(index, index + batchEvents));
  }
}

/** Bodies made live, as the load of the pipeline is. */
function* stream(total: number): Generator<string> {
  for (let index = 0; index < total; index += batchEvents) {
    const now = Date.now();
    yield JSON.stringify(
      Array.from({ length: batchEvents }, (_, offset) => asSent(streamEvent(index + offset, now))),
    );
  }
}

/**
 * An event as a client sends it: what intake adds is not there yet, and in its place are fields of the sender's own,
 * so that it has about 500 bytes as well.
 */
function asSent({ received_at: _received, source: _source, ...event }: AuditEvent): object {
  return { ...event, environment: "production", region: "eu-central-1" };
}

async function postAll(app: Running, bodies: Iterator<string>): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: inFlight });
  const worker = async (): Promise<void> => {
    for (let next = bodies.next(); next.done !== true; next = bodies.next())
      await post(app.url, next.value, agent);
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  agent.destroy();
}

function post(url: string, body: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const sent = request(`${url}/api/v1/events`, { method: "POST", agent, headers }, (answer) => {
      answer.resume();
      answer.on("end", () => {
        if (answer.statusCode === 202) resolve();
        else reject(new Error(`intake answered ${answer.statusCode}`));
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

async function evaluated(app: Running): Promise<number> {
  const text = await (await fetch(`${app.url}/metrics`)).text();
  return Number(/^auditflow_events_evaluated_total (\d+)/m.exec(text)?.[1] ?? 0);
}

async function untilEvaluated(app: Running, wanted: number): Promise<void> {
  const deadline = Date.now() + 120_000;
  while ((await evaluated(app)) < wanted) {
    if (Date.now() > deadline) throw new Error("the events were not evaluated within two minutes");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
