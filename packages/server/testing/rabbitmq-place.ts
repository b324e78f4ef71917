import { randomBytes } from "node:crypto";
import { legacyEventsQueue, topology } from "@auditflow/contracts";
import { type Channel, type ChannelModel, connect } from "amqplib";
import { AmqpTopology } from "../src/transport/amqp-topology.ts";

/** The broker to test against. Throws when the environment names none: a test that is skipped proves nothing. */
function rabbitmqUrl(): string {
  const url = process.env["AUDITFLOW_TEST_AMQP_URL"];
  if (url === undefined) throw new Error("Set AUDITFLOW_TEST_AMQP_URL to the URL of a RabbitMQ server");
  return url;
}

/** Names of its own on the broker, with a connection of its own to ask the broker what is there. */
export interface RabbitmqPlace {
  readonly url: string;
  readonly prefix: string;
  readonly names: AmqpTopology;
  readonly model: ChannelModel;
  /** Runs on a channel of its own, since a failed question closes it. */
  ask<T>(question: (channel: Channel) => Promise<T>): Promise<T>;
  /** Deletes everything with the prefix that the topology or `extraGroups` names, and disconnects. */
  remove(): Promise<void>;
}

/** Makes an isolated place. */
export async function rabbitmqPlace(extraGroups: readonly string[] = []): Promise<RabbitmqPlace> {
  const url = rabbitmqUrl();
  const prefix = `test-${randomBytes(6).toString("hex")}.`;
  const names = new AmqpTopology(prefix);
  const model = await connect(url);
  const ask = async <T>(question: (channel: Channel) => Promise<T>): Promise<T> => {
    const channel = await model.createChannel();
    channel.on("error", () => undefined);
    const answer = await question(channel);
    await channel.close();
    return answer;
  };
  const remove = async () => {
    await ask(async (channel) => {
      for (const queue of queues(names, extraGroups)) await channel.deleteQueue(queue);
      await channel.deleteExchange(names.exchange);
    });
    await model.close();
  };
  return { url, prefix, names, model, ask, remove };
}

function queues(names: AmqpTopology, extraGroups: readonly string[]): string[] {
  const found = [names.parkedQueue];
  const entries = [...Object.entries(topology), [legacyEventsQueue, []] as const];
  for (const [topic, groups] of entries) {
    for (const group of [...groups, ...extraGroups]) {
      found.push(names.queue({ topic, group }), names.aloneQueue({ topic, group }));
    }
  }
  return found;
}
