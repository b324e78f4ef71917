import { AuditFlowError, type QuarantinedRecord } from "@auditflow/contracts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Place } from "../../testing/transport-child.ts";
import { crashContract } from "../../testing/transport-crash.ts";
import { until } from "../../testing/until.ts";
import type { Batch, Handler, SubscribeOptions, Transport, Verdict } from "./transport.ts";

/** An isolated place for one test, and the transports on it. */
export interface TransportHarness {
  /** A transport on the place, used by one process; stopped by `cleanup` at the latest. */
  open(): Transport;
  /** Removes the place. */
  cleanup(): Promise<void>;
  /** How another process reaches it; undefined when nothing outlives the process. */
  readonly place: Place | undefined;
}

interface Numbered {
  readonly id: number;
}

const events = { topic: "events", group: "audit-log-analysis" } as const;
const quarantine = { topic: "quarantine", group: "notification-service" } as const;
const ackAll: Handler = async ({ records }) => records.map(() => "ack");

/** The promises of the transport port, run against one adapter. */
export function transportContract(name: string, makeHarness: () => Promise<TransportHarness>): void {
  describe(`${name} keeps the promises of the transport`, () => {
    let harness: TransportHarness;
    let transport: Transport;
    beforeEach(async () => {
      harness = await makeHarness();
      transport = harness.open();
    });
    afterEach(() => harness.cleanup());
    const subject: Subject = {
      get transport() {
        return transport;
      },
      reopen: async () => {
        await transport.stop();
        transport = harness.open();
        return transport;
      },
      get place() {
        return harness.place;
      },
    };
    sharingPromises(subject);
    batchPromises(subject);
    verdictPromises(subject);
    faultPromises(subject);
    decodingPromises(subject);
    refusalPromises(subject);
    troublePromises(subject);
    contentPromises(subject);
    stopPromises(subject);
    restartPromises(subject);
    crashContract(subject);
  });
}

/** What a promise is checked on. */
export interface Subject {
  readonly transport: Transport;
  /** Stops the transport in good order and opens another on the same place. */
  reopen(): Promise<Transport>;
  readonly place: Place | undefined;
}

function numbered(count: number, from = 0): Numbered[] {
  return Array.from({ length: count }, (_, index) => ({ id: from + index }));
}

/** Subscribes and keeps what comes; by default everything is acknowledged. */
function collect(
  transport: Transport,
  options: Partial<SubscribeOptions> & Pick<SubscribeOptions, "topic" | "group">,
): { ids: number[]; batches: Batch[]; stop: () => Promise<void> } {
  const ids: number[] = [];
  const batches: Batch[] = [];
  const answer = options.handler ?? ackAll;
  const handler: Handler = async (batch) => {
    batches.push(batch);
    for (const record of batch.records) ids.push((record as Numbered).id);
    return await answer(batch);
  };
  const subscription = transport.subscribe({ ...options, handler });
  return { ids, batches, stop: () => subscription.stop() };
}

function collectQuarantine(transport: Transport): QuarantinedRecord[] {
  const refused: QuarantinedRecord[] = [];
  const handler: Handler = async ({ records }) => {
    refused.push(...(records as QuarantinedRecord[]));
    return records.map(() => "ack");
  };
  transport.subscribe({ ...quarantine, handler });
  return refused;
}

function distinct(ids: readonly number[]): number[] {
  return [...new Set(ids)].sort((a, b) => a - b);
}

function idsOf(records: readonly Numbered[]): number[] {
  return records.map(({ id }) => id);
}

function sharingPromises(on: Subject): void {
  test("records wait for a group of the topology that has not started yet", async () => {
    await on.transport.publish("events", numbered(3));
    const reader = collect(on.transport, events);
    await until(() => reader.ids.length === 3, "the group gets what waited");
    expect(reader.ids).toEqual([0, 1, 2]);
  });

  test("every group gets every record", async () => {
    const own = collect(on.transport, events);
    const other = collect(on.transport, { topic: "events", group: "somebody-else" });
    // A group that the topology does not know gets what is published once its queue is there.
    await until(async () => {
      await on.transport.publish("events", [{ id: -1 }]);
      return other.ids.length > 0;
    }, "the new group is declared");
    await on.transport.publish("events", numbered(50));
    await until(() => distinct(own.ids).length === 51 && distinct(other.ids).length === 51, "both get all");
  });

  test("members of a group share the records", async () => {
    const release = Promise.withResolvers<void>();
    const handler: Handler = async (batch) => {
      await release.promise;
      return ackAll(batch);
    };
    const members = [
      collect(on.transport, { ...events, handler }),
      collect(on.transport, { ...events, handler }),
    ];
    let published = 0;
    await until(async () => {
      await on.transport.publish("events", [{ id: published++ }]);
      return members.every(({ ids }) => ids.length > 0);
    }, "both members have work in hand");
    release.resolve();
    await until(() => members.flatMap(({ ids }) => ids).length >= published, "all records are taken");
    expect(members.flatMap(({ ids }) => ids).sort((a, b) => a - b)).toEqual(idsOf(numbered(published)));
  });
}

function batchPromises(on: Subject): void {
  test("one publisher's records come in its order", async () => {
    const reader = collect(on.transport, events);
    const calls = Array.from({ length: 300 }, (_, call) =>
      on.transport.publish("events", numbered(7, call * 7)),
    );
    await Promise.all(calls);
    await until(() => reader.ids.length >= 2100, "all came");
    expect(reader.ids).toEqual(idsOf(numbered(2100)));
  });

  test("what waits is handed over together, up to maxRecords, and no more batches than allowed at one time", async () => {
    let atOnce = 0;
    let most = 0;
    const release = Promise.withResolvers<void>();
    const handler: Handler = async (batch) => {
      most = Math.max(most, ++atOnce);
      await release.promise;
      atOnce -= 1;
      return ackAll(batch);
    };
    const reader = collect(on.transport, { ...events, handler, maxRecords: 40, concurrency: 2 });
    await on.transport.publish("events", numbered(1));
    await until(() => reader.batches.length > 0, "the first batch is in hand");
    await Promise.all(numbered(100, 1).map((record) => on.transport.publish("events", [record])));
    release.resolve();
    await until(() => distinct(reader.ids).length === 101, "all came");
    expect(Math.max(...reader.batches.map(({ records }) => records.length))).toBeLessThanOrEqual(40);
    expect(reader.batches.length).toBeLessThan(30);
    expect(most).toBeLessThanOrEqual(2);
  });

  test("a publish of any size arrives whole, and an empty one is nothing", async () => {
    const reader = collect(on.transport, events);
    await on.transport.publish("events", []);
    await on.transport.publish("events", numbered(12_345));
    await until(() => reader.ids.length >= 12_345, "all came");
    expect(reader.ids).toEqual(idsOf(numbered(12_345)));
  });

  test("a record is taken as it was when it was published", async () => {
    const reader = collect(on.transport, events);
    const record = { id: 1 };
    const published = on.transport.publish("events", [record]);
    record.id = 2;
    await published;
    await until(() => reader.ids.length > 0, "it came");
    expect(reader.ids).toEqual([1]);
  });
}

function verdictPromises(on: Subject): void {
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

function faultPromises(on: Subject): void {
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
    transportSubscribe(on.transport, handler);
    await on.transport.publish("events", numbered(5));
    await until(() => refused.length === 1, "it is quarantined");
    await until(() => distinct(settled).length === 4, "the neighbours are settled");
    expect(refused[0]).toMatchObject({ code: "handler_failed" });
    expect(refused[0]!.reason).toMatch(/TypeError: our own fault\n\s+at /);
    expect(failures).toBe(3);
  });

  test("a handler that answers too few verdicts settles nothing by it", async () => {
    const refused = collectQuarantine(on.transport);
    transportSubscribe(on.transport, async () => []);
    await on.transport.publish("events", numbered(2));
    await until(() => refused.length === 2, "both are quarantined");
    expect(refused[0]!.reason).toContain("0 verdicts for 1 records");
  });
}

function decodingPromises(on: Subject): void {
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
    expect(reader.ids.slice(4).sort()).toEqual([1, 3]);
  });
}

function refusalPromises(on: Subject): void {
  test("a quarantined record that is refused itself does not come again", async () => {
    let seen = 0;
    on.transport.subscribe({
      ...quarantine,
      handler: async ({ records }) => {
        seen += records.length;
        return records.map(() => ({ quarantine: "unstorable_record", reason: "no room" }) as const);
      },
    });
    transportSubscribe(on.transport, async ({ records }) =>
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

function transportSubscribe(transport: Transport, handler: Handler): void {
  transport.subscribe({ ...events, handler });
}

function troublePromises(on: Subject): void {
  test("outside trouble hands everything back and loses nothing", async () => {
    let down = true;
    const settled: number[] = [];
    let tries = 0;
    transportSubscribe(on.transport, async ({ records }) => {
      tries += 1;
      if (down) throw new AuditFlowError("database_unavailable", "down");
      settled.push(...idsOf(records as Numbered[]));
      return records.map(() => "ack");
    });
    const refused = collectQuarantine(on.transport);
    for (let from = 0; from < 500; from += 50) await on.transport.publish("events", numbered(50, from));
    await until(() => tries >= 3, "it tries again");
    down = false;
    await until(() => distinct(settled).length === 500, "everything is settled");
    expect(refused).toEqual([]);
  });

  test("trouble in one subscription does not hold up another", async () => {
    transportSubscribe(on.transport, async () => {
      throw new AuditFlowError("windows_unavailable", "down");
    });
    const alerts = collect(on.transport, { topic: "alerts", group: "notification-service" });
    await on.transport.publish("events", numbered(1));
    await on.transport.publish("alerts", numbered(10));
    await until(() => alerts.ids.length === 10, "the alerts pass");
  });
}

function contentPromises(on: Subject): void {
  test("records of 256 KiB come unchanged", async () => {
    const big = Array.from({ length: 40 }, (_, id) => ({
      id,
      text: String.fromCharCode(65 + id).repeat(256 * 1024),
    }));
    const got: unknown[] = [];
    transportSubscribe(on.transport, async ({ records }) => {
      got.push(...records);
      return records.map(() => "ack");
    });
    await on.transport.publish("events", big);
    await until(() => got.length === 40, "all came");
    expect(got).toEqual(big);
  });

  test("text of any script comes unchanged, also NUL and lone surrogates", async () => {
    const texts = ["é Ünïcödé", "日本語", "🦊🦊", "\u0000\u001f", "\ud800", 'quote " and \\', "\u2028"];
    const got: unknown[] = [];
    transportSubscribe(on.transport, async ({ records }) => {
      got.push(...records);
      return records.map(() => "ack");
    });
    await on.transport.publish(
      "events",
      texts.map((text) => ({ text })),
    );
    await until(() => got.length === texts.length, "all came");
    expect(got).toEqual(texts.map((text) => ({ text })));
  });

  test("a record that no message holds is refused for good", async () => {
    const publishing = on.transport.publish("events", [{ text: "x".repeat(17 * 1024 * 1024) }]);
    await expect(publishing).rejects.toMatchObject({ code: "too_large", retryable: false });
  });
}

function stopPromises(on: Subject): void {
  test("stopping a subscription waits for the work in hand and hands back the rest", async () => {
    const release = Promise.withResolvers<void>();
    const first = collect(on.transport, {
      ...events,
      maxRecords: 10,
      handler: async (batch) => {
        await release.promise;
        return ackAll(batch);
      },
    });
    for (let from = 0; from < 100; from += 10) await on.transport.publish("events", numbered(10, from));
    await until(() => first.ids.length > 0, "some are in hand");
    let stopped = false;
    const stopping = first.stop().then(() => {
      stopped = true;
    });
    await on.transport.publish("alerts", numbered(1));
    expect(stopped).toBe(false);
    release.resolve();
    await stopping;
    await first.stop();
    const second = collect(on.transport, events);
    await until(
      () => distinct([...first.ids, ...second.ids]).length === 100,
      "the rest comes to the next member",
    );
    expect(first.ids.length + second.ids.length).toBe(100);
  });

  test("after stopping nothing is taken any more", async () => {
    await on.transport.stop();
    await on.transport.stop();
    await expect(on.transport.publish("events", numbered(1))).rejects.toMatchObject({ code: "draining" });
    expect(() => on.transport.subscribe({ ...events, handler: ackAll })).toThrow(AuditFlowError);
  });

  test("stopping flushes what is being published", async () => {
    // Connected, so that there is somebody to take it.
    await on.transport.publish("events", numbered(1));
    const publishing = on.transport.publish("events", numbered(1, 1));
    await on.transport.stop();
    await expect(publishing).resolves.toBeUndefined();
  });
}

function restartPromises(on: Subject): void {
  test("what was acknowledged does not come again after a restart, and the rest does", async () => {
    if (on.place === undefined) return expect(on.place).toBeUndefined();
    await on.transport.publish("events", numbered(20));
    const before = collect(on.transport, events);
    await until(() => before.ids.length === 20, "all came");
    const next = await on.reopen();
    await next.publish("events", numbered(5, 20));
    const after = collect(next, events);
    await until(() => after.ids.length >= 5, "the new ones come");
    expect(after.ids).toEqual([20, 21, 22, 23, 24]);
  });

  test("the health says pass while it works", async () => {
    await on.transport.publish("events", numbered(1));
    const { status, since } = on.transport.health();
    expect(status).toBe("pass");
    expect(Date.parse(since)).toBeGreaterThan(0);
  });
}
