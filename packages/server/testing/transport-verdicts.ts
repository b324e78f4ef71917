import { AuditFlowError } from "@auditflow/contracts";
import { expect, test } from "vitest";
import type { Handler, Verdict } from "../src/transport/transport.ts";
import {
  collect,
  collectQuarantine,
  distinct,
  events,
  idsOf,
  type Numbered,
  numbered,
  quarantine,
  type Subject,
  subscribeEvents,
} from "./transport-subject.ts";
import { until } from "./until.ts";

/** What becomes of a record by its verdict. */
export function verdictPromises(on: Subject): void {
  test("each record is settled by its own verdict, its neighbours unharmed", async () => {
    const refused = collectQuarantine(on.transport);
    const handler: Handler = async ({ records, attempt }) =>
      (records as Numbered[]).map(({ id }): Verdict => {
        if (id === 3) return { quarantine: "invalid_event", reason: "not an event" };
        return id === 5 && attempt < 3 ? "retry" : "ack";
      });
    const reader = collect(on.transport, { ...events, handler });
    await on.transport.publish("events", numbered(10));
    await until(
      () => reader.ids.filter((id) => id === 5).length === 3 && refused.length === 1,
      "all is settled",
    );
    expect(reader.ids.filter((id) => id !== 5)).toEqual([0, 1, 2, 3, 4, 6, 7, 8, 9]);
    expect(refused[0]).toMatchObject({
      ...events,
      code: "invalid_event",
      reason: "not an event",
      encoding: "json",
    });
    expect(JSON.parse(refused[0]!.body)).toEqual({ id: 3 });
  });

  test("a record that failed before comes alone, with its attempt", async () => {
    const handler: Handler = async ({ records, attempt }) =>
      records.map(() => (attempt === 1 ? "retry" : "ack"));
    const reader = collect(on.transport, { ...events, handler });
    await on.transport.publish("events", numbered(4));
    await until(() => reader.ids.length === 8, "each came twice");
    const again = reader.batches.filter(({ attempt }) => attempt > 1);
    expect(again.map(({ records, attempt }) => [records.length, attempt])).toEqual(new Array(4).fill([1, 2]));
    expect(distinct(again.flatMap(({ records }) => idsOf(records as Numbered[])))).toEqual([0, 1, 2, 3]);
  });
}

/** What becomes of a record on which our own code fails. */
export function faultPromises(on: Subject): void {
  test("a fault of ours is quarantined with its stack after three tries, its neighbours unharmed", async () => {
    const refused = collectQuarantine(on.transport);
    const settled: number[] = [];
    let failures = 0;
    const handler: Handler = async ({ records }) => {
      for (const { id } of records as Numbered[]) {
        if (id !== 2) continue;
        if (records.length === 1) failures += 1;
        throw new TypeError("our own fault");
      }
      settled.push(...idsOf(records as Numbered[]));
      return records.map(() => "ack");
    };
    subscribeEvents(on.transport, handler);
    await on.transport.publish("events", numbered(5));
    await until(() => refused.length === 1, "it is quarantined");
    await until(() => distinct(settled).length === 4, "the neighbours are settled");
    expect(refused[0]).toMatchObject({ code: "handler_failed" });
    expect(refused[0]!.reason).toMatch(/TypeError: our own fault\n\s+at /);
    expect(failures).toBe(3);
  });

  test("a handler that answers too few verdicts settles nothing by it", async () => {
    const refused = collectQuarantine(on.transport);
    subscribeEvents(on.transport, async () => []);
    await on.transport.publish("events", numbered(2));
    await until(() => refused.length === 2, "both are quarantined");
    expect(refused[0]!.reason).toContain("0 verdicts for 1 records");
  });
}

/** What becomes of a message that is not in our form. */
export function decodingPromises(on: Subject): void {
  test("a message that cannot be decoded is quarantined as it is, with the reason", async () => {
    const refused = collectQuarantine(on.transport);
    const decode = (body: Uint8Array) => {
      if (Buffer.from(body).includes('"bad"')) throw new AuditFlowError("malformed_json", "not in our form");
      return JSON.parse(Buffer.from(body).toString()) as unknown[];
    };
    const reader = collect(on.transport, { ...events, decode });
    await on.transport.publish("events", [{ id: 1, bad: "bad" }]);
    await on.transport.publish("events", [{ id: 2 }]);
    await until(() => reader.ids.length === 1 && refused.length === 1, "one comes, one is refused");
    expect(refused[0]).toMatchObject({
      code: "malformed_json",
      reason: "not in our form",
      encoding: "base64",
    });
    expect(JSON.parse(Buffer.from(refused[0]!.body, "base64").toString())).toEqual([{ id: 1, bad: "bad" }]);
  });

  test("a record that another decoder made is retried in the form in which it came", async () => {
    const decode = (body: Uint8Array) =>
      (JSON.parse(Buffer.from(body).toString()) as Numbered[]).map(({ id }) => ({ id, made: new Date(id) }));
    const handler: Handler = async ({ records, attempt }) =>
      (records as { id: number; made: unknown }[]).map(({ id, made }) => {
        if (!(made instanceof Date)) throw new Error("it was not decoded");
        return id % 2 === 1 && attempt === 1 ? "retry" : "ack";
      });
    const reader = collect(on.transport, { ...events, decode, handler });
    await on.transport.publish("events", numbered(4));
    await until(() => reader.ids.length === 6, "the odd ones came twice");
    expect(distinct(reader.ids.slice(4))).toEqual([1, 3]);
  });
}

/** What becomes of a refusal that is refused. */
export function refusalPromises(on: Subject): void {
  test("a quarantined record that is refused itself does not come again", async () => {
    let seen = 0;
    on.transport.subscribe({
      ...quarantine,
      handler: async ({ records }) => {
        seen += records.length;
        return records.map(() => ({ quarantine: "unstorable_record", reason: "no room" }) as const);
      },
    });
    subscribeEvents(on.transport, async ({ records }) =>
      records.map(() => ({ quarantine: "invalid_event", reason: "no event" }) as const),
    );
    await on.transport.publish("events", numbered(2));
    await until(() => seen === 2, "both refusals came");
    const after = collect(on.transport, { topic: "alerts", group: "notification-service" });
    await on.transport.publish("alerts", numbered(1));
    await until(() => after.ids.length === 1, "the transport goes on");
    expect(seen).toBe(2);
  });
}
