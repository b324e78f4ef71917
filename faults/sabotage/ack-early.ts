import type { ConsumeMessage } from "amqplib";
import { amqpChannels } from "./amqp-channels.ts";

// Loaded before the program: every message is acknowledged as it comes in, and what the program settles later is not
// said to the broker any more. A process that dies now takes with it all it had in hand.
const { prototype } = amqpChannels.Channel;
const { ack, consume } = prototype;

prototype.consume = function (queue, take, options) {
  const takeAcknowledged = (message: ConsumeMessage | null): void => {
    if (message !== null && options?.noAck !== true) ack.call(this, message);
    take(message);
  };
  return consume.call(this, queue, takeAcknowledged, options);
};
prototype.ack = () => undefined;
prototype.nack = () => undefined;
