import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { targetOf } from "../../testing/fault-proxy.ts";
import { type RabbitmqPlace, rabbitmqPlace } from "../../testing/rabbitmq-place.ts";
import { until } from "../../testing/until.ts";
import { rabbitmqTransport } from "./rabbitmq.ts";
import type { Transport } from "./transport.ts";

const clock = { now: () => Date.now() };

/** A way to the broker on which somebody else can say what only a broker in need says. */
interface Way {
  readonly url: string;
  /** To every client, between two frames: nothing else may be under way. */
  say(frame: Buffer): void;
  /** From now on, or no longer, nothing that a client sends gets there: as when the broker stops reading. */
  hold(isHeld: boolean): void;
  stop(): void;
}

async function wayTo(url: string): Promise<Way> {
  const target = targetOf(url, 5672);
  const ways = new Map<Socket, Socket>();
  const server = createServer((client) => {
    const broker = connect(target);
    ways.set(client, broker);
    for (const end of [client, broker]) end.on("error", () => undefined);
    client.pipe(broker);
    broker.pipe(client);
    client.on("close", () => ways.delete(client));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return {
    url: Object.assign(new URL(url), { hostname: "127.0.0.1", port: String(port) }).href,
    say: (frame) => {
      for (const client of ways.keys()) client.write(frame);
    },
    hold: (isHeld) => {
      for (const [client, broker] of ways) {
        if (isHeld) client.unpipe(broker);
        else client.pipe(broker);
      }
    },
    stop: () => {
      for (const [client, broker] of ways) for (const end of [client, broker]) end.destroy();
      server.close();
    },
  };
}

/** `connection.blocked` with its reason, `connection.unblocked` without one. */
function frameOf(reason?: string): Buffer {
  const text = reason === undefined ? [] : [reason.length, ...Buffer.from(reason)];
  const method = [0, 10, 0, reason === undefined ? 61 : 60, ...text];
  return Buffer.from([1, 0, 0, 0, 0, 0, method.length, ...method, 0xce]);
}

let place: RabbitmqPlace;
let way: Way;
let transport: Transport;

beforeEach(async () => {
  place = await rabbitmqPlace();
  way = await wayTo(place.url);
  transport = rabbitmqTransport({ url: way.url, prefix: place.prefix, clock });
  await transport.publish("events", [{ id: 0 }]);
});

afterEach(async () => {
  await transport.stop();
  way.stop();
  await place.remove();
});

async function untilBlocked(): Promise<void> {
  way.say(frameOf("low on disk"));
  await until(() => transport.health().status === "warn", "the broker's alarm is known");
}

const refusal = { code: "transport_unavailable", message: "The broker takes no messages: low on disk" };

test("while the broker takes no messages, publishing is refused at once, with its reason", async () => {
  await untilBlocked();
  const refused = Array.from({ length: 20 }, () => transport.publish("events", [{ id: 1 }]));
  for (const one of refused) await expect(one).rejects.toMatchObject(refusal);
  expect(transport.health().last_error).toBe(refusal.message);
});

test("what was written before and is not confirmed soon is given up, and its outcome unknown", async () => {
  way.hold(true);
  const waiting = transport.publish("events", [{ id: 1 }]);
  waiting.catch(() => undefined);
  await untilBlocked();
  await expect(waiting).rejects.toMatchObject(refusal);
  way.hold(false);
});

test("when the alarm is over, publishing goes on", async () => {
  await untilBlocked();
  way.say(frameOf());
  await until(() => transport.health().status === "pass", "the end of the alarm is known");
  await transport.publish("events", [{ id: 2 }]);
});
