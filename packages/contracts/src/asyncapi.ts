import { Alert } from "./alert.ts";
import { ControlMessage } from "./control-message.ts";
import { AuditEvent } from "./event.ts";
import { hoistSchemas } from "./hoist-schemas.ts";
import {
  exchangeName,
  isBroadcast,
  legacyEventsQueue,
  QuarantinedRecord,
  ServiceReport,
  type Topic,
  topics,
  topology,
} from "./topics.ts";

interface TopicMessage {
  readonly name: string;
  readonly title: string;
  readonly schema: object;
}

const messages: Readonly<Record<Topic, TopicMessage>> = {
  events: { name: "AuditEvents", title: "One audit event or a batch of them", schema: AuditEvent },
  alerts: { name: "Alerts", title: "One alert or a batch of them", schema: Alert },
  quarantine: {
    name: "QuarantinedRecords",
    title: "One refused record or a batch of them",
    schema: QuarantinedRecord,
  },
  control: {
    name: "ServiceReports",
    title: "One report of a process or a batch of them",
    schema: ServiceReport,
  },
  commands: {
    name: "ControlMessages",
    title: "One command to every process, one answer to it, or a batch of them",
    schema: ControlMessage,
  },
};

/**
 * The AsyncAPI 3.1 document of what travels over RabbitMQ: the routing key of each topic, the queue of each group of
 * readers, and the queue that the first AuditFlow wrote to. Made from the same schemas that the services check with.
 */
export function asyncapiDocument(version: string): Record<string, unknown> {
  const payloads = Object.fromEntries(
    topics.map((topic) => [messages[topic].name, message(messages[topic])]),
  );
  const hoisted = hoistSchemas(payloads, "#/components/schemas/");
  return {
    asyncapi: "3.1.0",
    info: {
      title: "AuditFlow",
      version,
      description:
        "Records between the services, at least once each (but commands, which are for who listens). A message holds one object or an array of them as UTF-8 " +
        "JSON; with the content encoding zstd it is compressed. Plain JSON is always taken.",
      license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
    },
    defaultContentType: "application/json",
    servers: {
      rabbitmq: {
        host: "{host}",
        protocol: "amqp",
        protocolVersion: "0.9.1",
        variables: { host: { default: "localhost:5672" } },
      },
    },
    channels: { ...topicChannels(), ...queueChannels(), [legacyEventsQueue]: legacyChannel() },
    operations: {
      ...sendOperations(),
      ...receiveOperations(),
      "receive-legacy-events": operation("receive", legacyEventsQueue, "events"),
    },
    components: { messages: hoisted.node, schemas: hoisted.schemas },
  };
}

function message({ name, title, schema }: TopicMessage): object {
  return {
    name,
    title,
    contentType: "application/json",
    payload: { oneOf: [schema, { type: "array", items: schema, minItems: 1 }] },
  };
}

function topicChannels(): Record<string, object> {
  return Object.fromEntries(
    topics.map((topic) => [
      topic,
      {
        address: topic,
        description: `The routing key ${topic} of the exchange ${exchangeName}.${isBroadcast(topic) ? broadcastNote : ""}`,
        messages: messageReference(topic),
        bindings: {
          amqp: {
            is: "routingKey",
            exchange: { name: exchangeName, type: "direct", durable: true, autoDelete: false },
          },
        },
      },
    ]),
  );
}

const broadcastNote =
  " Each process binds an exclusive queue of its own that ends with its connection; nothing is kept for who is away," +
  " and a message of an unknown kind is ignored.";

function queueChannels(): Record<string, object> {
  return Object.fromEntries(
    groups().map(({ topic, group, queue }) => [
      queue,
      {
        address: queue,
        description: `The quorum queue of ${topic} that the replicas of ${group} share.`,
        messages: messageReference(topic),
        bindings: queueBinding(queue),
      },
    ]),
  );
}

function legacyChannel(): object {
  return {
    address: legacyEventsQueue,
    description:
      "The queue of the first AuditFlow, declared durable and without arguments; the gateway drains it.",
    messages: messageReference("events"),
    bindings: queueBinding(legacyEventsQueue),
  };
}

function queueBinding(name: string): object {
  return { amqp: { is: "queue", queue: { name, durable: true, exclusive: false, autoDelete: false } } };
}

function messageReference(topic: Topic): Record<string, object> {
  const { name } = messages[topic];
  return { [name]: { $ref: `#/components/messages/${name}` } };
}

function sendOperations(): Record<string, object> {
  return Object.fromEntries(topics.map((topic) => [`send-${topic}`, operation("send", topic, topic)]));
}

function receiveOperations(): Record<string, object> {
  const shared = groups().map(({ topic, group, queue }) => [
    `receive-${topic}-${group}`,
    operation("receive", queue, topic),
  ]);
  const each = topics
    .filter(isBroadcast)
    .map((topic) => [`receive-${topic}`, operation("receive", topic, topic)]);
  return Object.fromEntries([...shared, ...each]);
}

function operation(action: "send" | "receive", channel: string, topic: Topic): object {
  const reference = `#/channels/${channel}`;
  const amqp = isBroadcast(topic)
    ? { deliveryMode: 1, mandatory: false }
    : { deliveryMode: 2, mandatory: true };
  return {
    action,
    channel: { $ref: reference },
    messages: [{ $ref: `${reference}/messages/${messages[topic].name}` }],
    ...(action === "send" ? { bindings: { amqp } } : {}),
  };
}

function groups(): { topic: Topic; group: string; queue: string }[] {
  return topics.flatMap((topic) =>
    topology[topic].map((group) => ({ topic, group, queue: `${exchangeName}.${topic}.${group}` })),
  );
}
