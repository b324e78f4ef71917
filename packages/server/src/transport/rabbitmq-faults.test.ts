import { zstdCompressSync } from "node:zlib";
import { legacyEventsQueue, type QuarantinedRecord } from "@auditflow/contracts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type FaultMode,
  type FaultProxy,
  startFaultProxy,
  targetOf,
  throughProxy,
} from "../../testing/fault-proxy.ts";
import { type RabbitmqPlace, rabbitmqPlace } from "../../testing/rabbitmq-place.ts";
import { until } from "../../testing/until.ts";
import { rabbitmqTransport } from "./rabbitmq.ts";
import type { SubscribeOptions, Transport } from "./transport.ts";

const clock = { now: () => Date.now() };
const events = { topic: "events", group: "audit-log-analysis" } as const;
const commands = { topic: "commands", group: "audit-log-analysis" } as const;

let place: RabbitmqPlace;
let proxy: FaultProxy;
let opened: Transport[];

beforeEach(async () => {
  opened = [];
  place = await rabbitmqPlace(["audit-event-gateway"]);
  proxy = await startFaultProxy({ target: targetOf(place.url, 5672) });
});

afterEach(async () => {
  await Promise.all(opened.map((transport) => transport.stop()));
  await proxy.stop();
  await place.remove();
});

async function open(mode: FaultMode = "pass"): Promise<Transport> {
  await proxy.mode(mode);
  const transport = rabbitmqTransport({ url: throughProxy(place.url, proxy), prefix: place.prefix, clock });
  opened.push(transport);
  return transport;
}

function collect<T>(transport: Transport, options: Omit<SubscribeOptions, "handler">): T[] {
  const got: T[] = [];
  transport.subscribe({
    ...options,
    handler: async ({ records }) => {
      got.push(...(records as T[]));
      return records.map(() => "ack");
    },
  });
  return got;
}

/** What the broker says of the consumers of a group's two queues. */
async function consumers(origin: { topic: string; group: string }): Promise<number[]> {
  return await place.ask(async (channel) => {
    const main = await channel.checkQueue(place.names.queue(origin));
    const alone = await channel.checkQueue(place.names.aloneQueue(origin));
    return [main.consumerCount, alone.consumerCount];
  });
}

async function untilConsumed(origin: { topic: string; group: string } = events, ms = 30_000): Promise<void> {
  const isConsumed = async () => (await consumers(origin).catch(() => [])).join() === "1,1";
  await until(isConsumed, "the broker sees one consumer on each queue", ms);
}

let lastBroadcast = 0;

/** Publishes until one record has come to every member. */
async function untilAllHear(from: Transport, members: readonly { id: number }[][]): Promise<void> {
  await until(
    async () => {
      const id = ++lastBroadcast;
      const sent = await from.publish("commands", [{ id }]).then(
        () => true,
        () => false,
      );
      return sent && (await heard(members, id));
    },
    "every member gets a record",
    30_000,
  );
}

function heard(members: readonly { id: number }[][], id: number): Promise<boolean> {
  const all = () => members.every((got) => got.some((record) => record.id === id));
  return until(all, "they get it", 500).catch(() => false);
}

function publishUntilOwned(transport: Transport, record: object): Promise<boolean> {
  const publish = () =>
    transport.publish("events", [record]).then(
      () => true,
      () => false,
    );
  return until(publish, "the broker owns the record", 40_000);
}

describe("rabbitmq under faults", { timeout: 90_000 }, () => {
  test("it starts while the broker is absent, says so, and heals by itself", async () => {
    const transport = await open("refuse");
    const got = collect(transport, events);
    await until(() => transport.health().last_error?.includes("ECONNREFUSED"), "it says why");
    const next_try_at = expect.stringMatching(/Z$/) as string;
    expect(transport.health()).toMatchObject({ name: "rabbitmq", status: "fail", next_try_at });
    const publishing = publishUntilOwned(transport, { id: 1 });
    await proxy.mode("pass");
    await publishing;
    await until(() => got.length > 0, "the record comes");
    expect(transport.health().status).toBe("pass");
    await untilConsumed();
  });

  test("a connection that is lost again and again while a record is alone in hand is no blame", async () => {
    const cuts = 5;
    const quarantined: QuarantinedRecord[] = [];
    const transport = rabbitmqTransport({
      ...{ url: throughProxy(place.url, proxy), prefix: place.prefix, clock },
      onQuarantine: (record) => quarantined.push(record),
    });
    opened.push(transport);
    let inHand = 0;
    let cut = 0;
    let settled = 0;
    transport.subscribe({
      ...events,
      handler: async ({ records, attempt }) => {
        if (attempt === 1) return records.map(() => "retry");
        inHand += 1;
        const mine = inHand;
        if (mine <= cuts) await until(() => cut >= mine, "the connection is cut", 30_000);
        else settled += records.length;
        return records.map(() => "ack");
      },
    });
    await publishUntilOwned(transport, { id: 1 });
    for (let times = 1; times <= cuts; times += 1) {
      await until(() => inHand >= times, "it is alone in hand", 30_000);
      proxy.resetAll();
      cut = times;
    }
    await until(() => settled > 0, "it is handled", 30_000);
    expect(quarantined).toEqual([]);
  });

  test("a black hole is noticed by a question, also while nobody publishes or consumes", async () => {
    const transport = await open();
    const { latency_ms } = await until(() => {
      const health = transport.health();
      return health.latency_ms === undefined ? undefined : health;
    }, "it was asked");
    expect(latency_ms).toBeGreaterThan(0);
    await proxy.mode("drop");
    await until(() => transport.health().status === "fail", "it is down");
    expect(transport.health()).toMatchObject({ last_error: "no answer within 2000 ms" });
    expect(transport.health()).not.toHaveProperty("latency_ms");
    await proxy.mode("pass");
    await until(() => transport.health().status === "pass", "it is up");
  });

  test("after a reset the consumers are registered again and nothing is lost", async () => {
    const transport = await open();
    const got = collect<{ id: number }>(transport, events);
    await untilConsumed();
    let published = 0;
    for (let reset = 0; reset < 3; reset += 1) {
      const calls = Array.from({ length: 50 }, () => transport.publish("events", [{ id: published++ }]));
      proxy.resetAll();
      await Promise.all(calls);
    }
    await until(() => new Set(got.map(({ id }) => id)).size === published, "all come");
    await untilConsumed();
    await publishUntilOwned(transport, { id: -1 });
    await until(() => got.some(({ id }) => id === -1), "the new consumers work");
  });

  test("of a broadcast every process gets each record, also after its connection was reset", async () => {
    const near = await open();
    const far = rabbitmqTransport({ url: place.url, prefix: place.prefix, clock });
    opened.push(far);
    const members = [near, far].map((transport) => collect<{ id: number }>(transport, commands));
    await untilAllHear(far, members);
    proxy.resetAll();
    await untilAllHear(far, members);
    await untilAllHear(near, members);
    const seen = members.map((got) => got.map(({ id }) => id));
    for (const ids of seen) expect(new Set(ids).size).toBe(ids.length);
  });

  test("a broadcast is refused while the broker is absent, and never comes later", async () => {
    const transport = await open();
    const got = collect<{ id: number }>(transport, commands);
    await untilAllHear(transport, [got]);
    await proxy.mode("refuse");
    await until(() => transport.health().status === "fail", "it notices");
    await expect(transport.publish("commands", [{ id: -1 }])).rejects.toMatchObject({
      code: "transport_unavailable",
    });
    await proxy.mode("pass");
    await untilAllHear(transport, [got]);
    expect(got.some(({ id }) => id === -1)).toBe(false);
  });

  test("in a black hole every call ends, the health says fail, and afterwards all is well", async () => {
    const transport = await open();
    const got = collect<{ id: number }>(transport, events);
    await untilConsumed();
    await proxy.mode("drop");
    await expect(transport.publish("events", [{ id: 1 }])).rejects.toMatchObject({
      code: "transport_unavailable",
    });
    await until(() => transport.health().status === "fail", "the heartbeat notices", 30_000);
    await proxy.mode("pass");
    await publishUntilOwned(transport, { id: 2 });
    await until(() => got.some(({ id }) => id === 2), "it works again");
    await until(() => transport.health().status === "pass", "both connections are back");
    await untilConsumed(events, 60_000);
  });

  test("it starts in a black hole and heals", async () => {
    const transport = await open("drop");
    const got = collect(transport, events);
    await until(() => transport.health().next_try_at, "connecting has a deadline");
    await proxy.mode("pass");
    await publishUntilOwned(transport, { id: 1 });
    await until(() => got.length > 0, "the record comes", 30_000);
  });

  test("it stops within 5 s while black-holed, with work in hand and publishes under way", async () => {
    const transport = await open();
    const never = Promise.withResolvers<"ack"[]>();
    let inHand = 0;
    transport.subscribe({
      ...events,
      handler: ({ records }) => {
        inHand += records.length;
        return never.promise;
      },
    });
    await transport.publish("events", [{ id: 1 }]);
    await until(() => inHand === 1, "it is in hand");
    await proxy.mode("drop");
    const publishing = transport.publish("events", [{ id: 2 }]).then(
      () => "owned",
      (error) => error.code,
    );
    let stopped = false;
    void transport.stop().then(() => {
      stopped = true;
    });
    await until(() => stopped, "it has stopped", 5_000);
    expect(await publishing).toBe("transport_unavailable");
    await until(() => proxy.connections() === 0, "no socket is left");
  });

  test("a queue that is deleted while it is consumed is declared and consumed again", async () => {
    const transport = await open();
    const got = collect(transport, events);
    await untilConsumed();
    await place.ask((channel) => channel.deleteQueue(place.names.queue(events)));
    await place.ask((channel) => channel.deleteQueue(place.names.aloneQueue(events)));
    await untilConsumed();
    await publishUntilOwned(transport, { id: 1 });
    await until(() => got.length > 0, "it comes");
  });

  test("a record that no queue takes is not owned; the queue is declared again for the next", async () => {
    const transport = await open();
    await transport.publish("events", [{ id: 1 }]);
    await place.ask((channel) => channel.deleteQueue(place.names.queue(events)));
    await expect(transport.publish("events", [{ id: 2 }])).rejects.toMatchObject({
      code: "transport_unavailable",
    });
    await publishUntilOwned(transport, { id: 3 });
    const got = collect(transport, events);
    await until(() => got.length > 0, "the next is there");
    expect(got).toEqual([{ id: 3 }]);
  });

  test("the backlog is not known while a queue is missing, and asking for it harms nobody", async () => {
    const transport = await open();
    await transport.publish("events", [{ id: 1 }]);
    await place.ask((channel) =>
      channel.deleteQueue(place.names.queue({ topic: "alerts", group: "notification-service" })),
    );
    expect(await transport.backlog("alerts")).toBeUndefined();
    await transport.publish("events", [{ id: 2 }]);
    await until(async () => (await transport.backlog("events")) === 2, "the other topic is counted");
    expect(proxy.connections()).toBe(1);
    await expect(transport.publish("alerts", [{ id: 3 }])).rejects.toMatchObject({ retryable: true });
    await until(async () => (await transport.backlog("alerts")) === 0, "the queue is there again");
  });

  test("the backlog is not known while the broker is absent or a black hole, and is afterwards", async () => {
    const transport = await open("refuse");
    expect(await transport.backlog("events")).toBeUndefined();
    await proxy.mode("pass");
    await publishUntilOwned(transport, { id: 1 });
    await until(async () => (await transport.backlog("events")) === 1, "it is counted");
    await proxy.mode("drop");
    await until(async () => (await transport.backlog("events")) === undefined, "nothing is known");
    await proxy.mode("pass");
    await until(async () => (await transport.backlog("events")) === 1, "it is counted again", 60_000);
  });

  test("what waits for the broker is bounded: beyond, publishing is refused at once", async () => {
    const transport = await open("refuse");
    const waiting = Array.from({ length: 100 }, (_, call) =>
      transport.publish(
        "events",
        Array.from({ length: 500 }, (_, id) => ({ call, id })),
      ),
    );
    await expect(transport.publish("events", [{ id: 1 }])).rejects.toMatchObject({ code: "overloaded" });
    await proxy.mode("pass");
    await Promise.all(waiting);
    await transport.publish("events", [{ id: 1 }]);
  });

  test("a queue that somebody declared in another way is named in the health, and removing it heals", async () => {
    await place.ask((channel) => channel.assertQueue(place.names.queue(events), { durable: true }));
    const transport = await open();
    const namesIt = () => transport.health().last_error?.includes(place.names.queue(events));
    await until(namesIt, "the health names the queue");
    await place.ask((channel) => channel.deleteQueue(place.names.queue(events)));
    await publishUntilOwned(transport, { id: 1 });
  });
});

describe("rabbitmq and messages from elsewhere", { timeout: 30_000 }, () => {
  const legacy = { topic: legacyEventsQueue, group: "audit-event-gateway" } as const;
  const oldDeclaration = () =>
    place.ask((channel) => channel.assertQueue(place.names.queue(legacy), { durable: true }));
  const send = (queue: string, content: Buffer, contentEncoding?: string) =>
    place.ask(async (channel) => {
      channel.sendToQueue(queue, content, contentEncoding === undefined ? {} : { contentEncoding });
    });

  test.each(["before", "after"])(
    "the first AuditFlow's queue works when its own services declare it %s",
    async (when) => {
      if (when === "before") await oldDeclaration();
      const transport = await open();
      const got = collect<{ event_id: string }>(transport, legacy);
      await untilConsumed(legacy);
      await oldDeclaration();
      await send(place.names.queue(legacy), Buffer.from('{"event_id":"a"}'));
      await send(place.names.queue(legacy), Buffer.from('[{"event_id":"b"},{"event_id":"c"}]'));
      await until(() => got.length === 3, "plain messages come");
      expect(got.map(({ event_id }) => event_id)).toEqual(["a", "b", "c"]);
    },
  );

  test("what is retried or refused from the first AuditFlow's queue never goes back into it", async () => {
    const transport = await open();
    const refused = collect<QuarantinedRecord>(transport, {
      topic: "quarantine",
      group: "notification-service",
    });
    const attempts: number[] = [];
    transport.subscribe({
      ...legacy,
      handler: async ({ records, attempt }) => {
        attempts.push(attempt);
        return records.map(() => (attempt < 2 ? "retry" : { quarantine: "invalid_event", reason: "no" }));
      },
    });
    await untilConsumed(legacy);
    await send(place.names.queue(legacy), Buffer.from('{ "event_id": 1.0 }'));
    await send(place.names.queue(legacy), Buffer.from([0x7b, 0xff]));
    await send(place.names.queue(legacy), Buffer.from("{'no': json}"));
    await until(() => refused.length === 3, "all three are refused");
    expect(refused.map(({ code }) => code).sort()).toEqual([
      "invalid_event",
      "invalid_utf8",
      "malformed_json",
    ]);
    const bytes = refused.find(({ code }) => code === "invalid_utf8");
    expect(bytes).toMatchObject({
      encoding: "base64",
      body: Buffer.from([0x7b, 0xff]).toString("base64"),
      size_bytes: 2,
    });
    expect(attempts).toEqual([1, 2]);
    const { messageCount } = await place.ask((channel) => channel.checkQueue(place.names.queue(legacy)));
    expect(messageCount).toBe(0);
  });

  test("a message that somebody took and never settled comes from the first AuditFlow's queue all the same", async () => {
    await oldDeclaration();
    const body = JSON.stringify(Array.from({ length: 3 }, (_, event_id) => ({ event_id })));
    await send(place.names.queue(legacy), Buffer.from(body));
    const take = () => place.ask((channel) => channel.get(place.names.queue(legacy)));
    await until(take, "somebody has it in hand and goes away");
    const transport = await open();
    const got = collect<{ event_id: number }>(transport, legacy);
    await until(() => got.length === 3, "it comes");
    expect(got.map(({ event_id }) => event_id)).toEqual([0, 1, 2]);
  });

  test("a message that unpacks to far more than it is, or says zstd and is not, is quarantined", async () => {
    const transport = await open();
    await transport.publish("events", [{ id: 1 }]);
    const refused = collect<QuarantinedRecord>(transport, {
      topic: "quarantine",
      group: "notification-service",
    });
    const got = collect(transport, events);
    await send(place.names.queue(events), zstdCompressSync(Buffer.alloc(64 * 1024 * 1024)), "zstd");
    await send(place.names.queue(events), Buffer.from('{"id":2}'), "zstd");
    await send(place.names.queue(events), Buffer.from('{"id":3}'));
    await until(() => refused.length === 2 && got.length === 2, "two come, two are refused");
    expect(refused.map(({ code }) => code).sort()).toEqual(["malformed_json", "too_large"]);
    expect(got).toEqual([{ id: 1 }, { id: 3 }]);
  });
});
