import { AuditFlowError } from "@auditflow/contracts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { backlogPromises } from "../../testing/transport-backlog.ts";
import { broadcastPromises } from "../../testing/transport-broadcast.ts";
import type { Place } from "../../testing/transport-child.ts";
import { crashContract } from "../../testing/transport-crash.ts";
import {
  ackAll,
  collect,
  collectQuarantine,
  distinct,
  events,
  idsOf,
  type Numbered,
  numbered,
  type Subject,
  subscribeEvents,
} from "../../testing/transport-subject.ts";
import { tracePromises } from "../../testing/transport-traces.ts";
import {
  decodingPromises,
  faultPromises,
  refusalPromises,
  verdictPromises,
} from "../../testing/transport-verdicts.ts";
import { until } from "../../testing/until.ts";
import { type Handler, JsonText, type Transport } from "./transport.ts";

/** An isolated place for one test, and the transports on it. */
export interface TransportHarness {
  /** A transport on the place, used by one process; stopped by `cleanup` at the latest. */
  open(): Transport;
  /** Removes the place. */
  cleanup(): Promise<void>;
  /** How another process reaches it; undefined when nothing outlives the process. */
  readonly place: Place | undefined;
}

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
    backlogPromises(subject);
    tracePromises(subject);
    broadcastPromises(subject);
    stopPromises(subject);
    restartPromises(subject);
    crashContract(subject);
  });
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

  test("with several batches at one time and records to be retried, every record is settled", async () => {
    const settled = new Set<number>();
    const handler: Handler = async ({ records, attempt }) => {
      await new Promise(setImmediate);
      return (records as Numbered[]).map(({ id }) => {
        if (attempt === 1 && id % 97 === 0) return "retry";
        settled.add(id);
        return "ack";
      });
    };
    const members = [1, 2].map(() =>
      collect(on.transport, { ...events, handler, concurrency: 2, maxRecords: 30 }),
    );
    const calls = Array.from({ length: 250 }, (_, call) =>
      on.transport.publish("events", numbered(20, call * 20)),
    );
    await Promise.all(calls);
    await until(() => settled.size === 5000, "every record is settled");
    expect(members.flatMap(({ ids }) => ids)).toHaveLength(5000 + Math.ceil(5000 / 97));
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

function troublePromises(on: Subject): void {
  test("outside trouble hands everything back and loses nothing", async () => {
    let down = true;
    const settled: number[] = [];
    let tries = 0;
    subscribeEvents(on.transport, async ({ records }) => {
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
    subscribeEvents(on.transport, async () => {
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
    subscribeEvents(on.transport, async ({ records }) => {
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
    subscribeEvents(on.transport, async ({ records }) => {
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

  test("a record given as JSON text comes as its value, in its place among others", async () => {
    const records = [
      { id: 0 },
      new JsonText('{"id":1,"text":"日本 \\ud800"}'),
      { id: 2 },
      new JsonText('{"id":3}'),
    ];
    const reader = collect(on.transport, events);
    await on.transport.publish("events", records);
    await on.transport.publish(
      "events",
      numbered(2000, 4).map((record) => new JsonText(JSON.stringify(record))),
    );
    await until(() => reader.ids.length === 2004, "all came");
    const [first] = reader.batches;
    expect(first!.records.slice(0, 2)).toEqual([{ id: 0 }, { id: 1, text: "日本 \ud800" }]);
    expect(reader.ids).toEqual(numbered(2004).map(({ id }) => id));
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
