import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Channel, ConfirmChannel } from "amqplib";

/** The classes of amqplib's channels, which it keeps to itself: what is changed here is changed for the whole process. */
interface ChannelClasses {
  readonly Channel: { readonly prototype: Channel };
  readonly ConfirmChannel: { readonly prototype: ConfirmChannel };
}

const require = createRequire(import.meta.url);
const amqplib = dirname(require.resolve("amqplib"));

/** The channels that every user of amqplib in this process gets. */
export const amqpChannels = require(join(amqplib, "lib", "channel_model.js")) as ChannelClasses;
