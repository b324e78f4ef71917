import { AuditFlowError } from "@auditflow/contracts";
import { expect, test } from "vitest";
import type { TraceContext } from "../src/telemetry/trace-context.ts";
import type { Batch, Handler } from "../src/transport/transport.ts";
import { ackAll, events, type Numbered, numbered, type Subject } from "./transport-subject.ts";
import { until } from "./until.ts";

/** The context of a made-up trace. */
export function exampleTrace(n: number, state = ""): TraceContext {
  const parent = `00-${String(n).padStart(32, "a")}-${String(n).padStart(16, "b")}-01`;
  return state === "" ? parent : `${parent} ${state}`;
}

/** Collects the context of each record by its id. */
function collectTraces(on: Subject, answer: Handler = ackAll) {
  const traces = new Map<number, (TraceContext | undefined)[]>();
  const batches: Batch[] = [];
  on.transport.subscribe({
    ...events,
    handler: async (batch) => {
      batches.push(batch);
      for (const [place, record] of (batch.records as Numbered[]).entries()) {
        traces.set(record.id, [...(traces.get(record.id) ?? []), batch.traces?.[place]]);
      }
      return await answer(batch);
    },
  });
  return { traces, batches };
}

/** That the trace of a record comes with it. */
export function tracePromises(on: Subject): void {
  test("every record comes with its own trace, in the order of the publisher", async () => {
    const reader = collectTraces(on);
    const own = numbered(60).map(({ id }) =>
      id % 3 === 0 ? exampleTrace(id) : id % 3 === 1 ? exampleTrace(7, "a=b,c=d") : undefined,
    );
    await Promise.all([
      on.transport.publish("events", numbered(60), own),
      on.transport.publish("events", numbered(5, 60)),
      on.transport.publish(
        "events",
        numbered(5, 65),
        numbered(5).map(() => exampleTrace(1)),
      ),
    ]);
    await until(() => reader.traces.size === 70, "all came");
    expect([...reader.traces.keys()]).toEqual(numbered(70).map(({ id }) => id));
    expect([...reader.traces.values()].map(([trace]) => trace)).toEqual([
      ...own,
      ...numbered(5).map(() => undefined),
      ...numbered(5).map(() => exampleTrace(1)),
    ]);
  });

  test("records without a trace come in a batch without traces", async () => {
    const reader = collectTraces(on);
    await on.transport.publish("events", numbered(10));
    await until(() => reader.traces.size === 10, "all came");
    expect(reader.batches.every((batch) => !("traces" in batch))).toBe(true);
  });

  test("a record that is tried again keeps its trace", async () => {
    let down = true;
    const reader = collectTraces(on, async ({ records, attempt }) => {
      if (down) {
        down = false;
        throw new AuditFlowError("windows_unavailable", "down");
      }
      return (records as Numbered[]).map(({ id }) => {
        if (id === 1 && attempt === 1) return "retry";
        return "ack";
      });
    });
    const traces = [exampleTrace(1, "x=y"), exampleTrace(1, "x=y"), exampleTrace(2)];
    await on.transport.publish("events", numbered(3), traces);
    await until(() => reader.traces.get(1)?.length === 3, "the second was tried again");
    for (const [id, seen] of reader.traces) expect(new Set(seen)).toEqual(new Set([traces[id]]));
  });
}
