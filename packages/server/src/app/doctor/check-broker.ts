import { randomUUID } from "node:crypto";
import { legacyEventsQueue } from "@auditflow/contracts";
import { type ChannelModel, type ConfirmChannel, connect, type Options } from "amqplib";
import { AmqpTopology, quorum } from "../../transport/amqp-topology.ts";
import { connectionFault } from "./connection-fault.ts";
import { type Check, type Found, fail, ok } from "./finding.ts";
import { leastVersion } from "./least-version.ts";

const callMs = 4_000;

const server = {
  product: "RabbitMQ",
  setting: "TRANSPORT_URL",
  isRunning: "rabbitmq-diagnostics ping",
} as const;

/** Whether the broker can be reached, is new enough, takes messages, and lets us declare, publish and consume. */
export function checkBroker(url: string, prefix = ""): Check {
  return {
    area: "broker",
    fix: "See the broker's log; `rabbitmq-diagnostics status` shows how it is.",
    run: () => look(url, new AmqpTopology(prefix)),
  };
}

async function look(url: string, topology: AmqpTopology): Promise<Found[]> {
  const { username, pathname } = new URL(url);
  const who = { user: decodeURIComponent(username) || "guest", vhost: vhostOf(pathname) };
  const model = await connect(url, { timeout: callMs }).catch((error: unknown) => refusal(error, who));
  if ("status" in model) return [model];
  model.on("error", () => undefined);
  try {
    const version = String(model.connection.serverProperties["version"]);
    const found = [
      ok(`connected as ${who.user} to the virtual host ${who.vhost}`),
      leastVersion("RabbitMQ", version, { least: "3.10", fix: "Upgrade RabbitMQ to 3.10 or later." }),
    ];
    return [
      ...found,
      await rights(model, who),
      await passing(model, who),
      ...(await queues(model, topology)),
    ];
  } finally {
    await inTime(model.close(), "closing").catch(() => undefined);
    (model.connection as unknown as { stream: { destroy(): void } }).stream.destroy();
  }
}

interface Who {
  readonly user: string;
  readonly vhost: string;
}

function vhostOf(pathname: string): string {
  return pathname.length > 1 ? decodeURIComponent(pathname.slice(1)) : "/";
}

function permissionFix({ user, vhost }: Who): string {
  return `Give the user its rights: \`rabbitmqctl set_permissions -p ${vhost} ${user} ".*" ".*" ".*"\`.`;
}

function refusal(error: unknown, who: Who): Found {
  const words = error instanceof Error ? error.message : String(error);
  if (/ACCESS_REFUSED|ACCESS-REFUSED/.test(words)) {
    const fix = `Correct user and password in TRANSPORT_URL; \`rabbitmqctl change_password ${who.user} NEW\` sets one.`;
    return fail(`the broker does not let ${who.user} in: ${words}`, fix);
  }
  if (/vhost .*not found|no such vhost/i.test(words)) {
    return fail(
      words,
      `Make the virtual host: \`rabbitmqctl add_vhost ${who.vhost}\`, or correct TRANSPORT_URL.`,
    );
  }
  if (/NOT[_-]ALLOWED/.test(words)) return fail(words, permissionFix(who));
  return (
    connectionFault(error, server) ?? fail(`cannot connect: ${words}`, "See the broker's log for the reason.")
  );
}

/** Declares, binds, reads and removes a queue of our own that nobody else sees and that ends with the connection. */
async function rights(model: ChannelModel, who: Who): Promise<Found> {
  const queue = `auditflow.doctor.${randomUUID()}`;
  return await onChannel(model, async (channel) => {
    try {
      await channel.assertQueue(queue, { exclusive: true, autoDelete: true, durable: false });
      await channel.consume(queue, () => undefined, { noAck: true });
      await channel.deleteQueue(queue);
      return ok("queues can be declared, consumed and removed");
    } catch (error) {
      return fail(`a queue cannot be used: ${wordsOf(error)}`, permissionFix(who));
    }
  });
}

/** Publishes to a queue of our own: a broker with an alarm takes the connection and no message. */
async function passing(model: ChannelModel, who: Who): Promise<Found> {
  const queue = `auditflow.doctor.${randomUUID()}`;
  const blocked = Promise.withResolvers<string>();
  model.once("blocked", (reason) => blocked.resolve(String(reason)));
  return await onChannel(model, async (channel) => {
    try {
      await channel.assertQueue(queue, { exclusive: true, autoDelete: true, durable: false });
      channel.sendToQueue(queue, Buffer.from("{}"));
      const outcome = await Promise.race([channel.waitForConfirms(), blocked.promise]);
      return typeof outcome === "string" ? alarm(outcome) : ok("messages are taken and confirmed");
    } catch (error) {
      return fail(`a message was not taken: ${wordsOf(error)}`, permissionFix(who));
    }
  });
}

function alarm(reason: string): Found {
  const fix = /memory/i.test(reason)
    ? "Give the broker memory or drain its queues; `rabbitmq-diagnostics alarms` and `rabbitmqctl list_queues` show why."
    : "Free the broker's disk, or lower its mark: `rabbitmqctl set_disk_free_limit 1GB`; `rabbitmq-diagnostics alarms` shows it.";
  return fail(`the broker takes no messages: ${reason}`, fix);
}

/** Queues that hold what must not be lost, or that services share with others, and how they are declared. */
function declarations(topology: AmqpTopology): [name: string, options: Options.AssertQueue][] {
  return [
    [topology.queue({ topic: "events", group: "audit-log-analysis" }), quorum],
    [topology.queue({ topic: "alerts", group: "notification-service" }), quorum],
    [topology.queue({ topic: legacyEventsQueue, group: "audit-event-gateway" }), { durable: true }],
  ];
}

/** Queues that are there must be as the services declare them: declaring one again changes nothing, or is refused. */
async function queues(model: ChannelModel, topology: AmqpTopology): Promise<Found[]> {
  const found: Found[] = [];
  for (const [name, options] of declarations(topology)) {
    const there = await onChannel(model, (channel) => channel.checkQueue(name).catch(() => undefined));
    if (there === undefined) found.push(ok(`the queue ${name} is made at the first start`));
    else {
      const state = `${there.messageCount} messages wait, ${there.consumerCount} consumers`;
      found.push(await onChannel(model, (channel) => declared(channel, { name, options, state })));
    }
  }
  return found;
}

interface QueueLook {
  readonly name: string;
  readonly options: Options.AssertQueue;
  readonly state: string;
}

async function declared(channel: ConfirmChannel, { name, options, state }: QueueLook): Promise<Found> {
  try {
    await channel.assertQueue(name, options);
    return ok(`the queue ${name} is as the services declare it (${state})`);
  } catch (error) {
    const fix = `Drain it, then \`rabbitmqctl delete_queue ${name}\`: the services make it anew as they need it.`;
    return fail(`the queue ${name} was declared in another way: ${wordsOf(error)}`, fix);
  }
}

/** A refusal closes its channel, so that each question has one of its own. */
async function onChannel<T>(model: ChannelModel, work: (channel: ConfirmChannel) => Promise<T>): Promise<T> {
  const channel = await inTime(model.createConfirmChannel(), "a channel");
  const closed = Promise.withResolvers<never>();
  closed.promise.catch(() => undefined);
  channel.on("error", (error) => closed.reject(error));
  try {
    return await inTime(work(channel), "the broker");
  } finally {
    await inTime(channel.close(), "closing").catch(() => undefined);
  }
}

async function inTime<T>(work: Promise<T>, what: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`${what}: no answer within ${callMs} ms`)), callMs);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
