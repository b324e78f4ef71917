import type { ChannelRow } from "../database/schema.ts";
import type { ChannelKind, ChannelSettings, Sender, Surroundings } from "./channels/channel.ts";
import type { ChannelKindName } from "./channels/channel-kinds.ts";
import type { NotifyOptions } from "./notify-options.ts";

/** What senders are made with, of what the service was started with. */
export function surroundingsOf(
  options: Pick<NotifyOptions, "clock" | "log" | "receivers" | "baseUrl">,
): Surroundings {
  const { clock, log, receivers, baseUrl } = options;
  return { clock, log, ...receivers, ...(baseUrl === undefined ? {} : { baseUrl }) };
}

/** The kind of this name; undefined when it is not known here, as when a newer version of the program stored it. */
export async function kindOf(name: string): Promise<ChannelKind | undefined> {
  // Loaded when somebody is to be told: most of it is of no use to who has no channel.
  const { channelKinds } = await import("./channels/channel-kinds.ts");
  return Object.hasOwn(channelKinds, name) ? channelKinds[name as ChannelKindName] : undefined;
}

/** The sender of a stored channel; one that cannot be understood gives a sender that rejects every notice. */
export async function senderOf(
  { kind, settings }: Pick<ChannelRow, "kind" | "settings">,
  surroundings: Surroundings,
): Promise<Sender> {
  const known = await kindOf(kind);
  if (known !== undefined) return known.create(JSON.parse(settings) as ChannelSettings, surroundings);
  const detail = `This version of AuditFlow knows no channel of kind ${kind.slice(0, 64)}.`;
  return { send: async () => ({ outcome: "rejected", detail }) };
}
