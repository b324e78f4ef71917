import { AuditFlowError, type Channel, type ChannelList } from "@auditflow/contracts";
import type { Server } from "./connect-server.ts";

/** Every channel. */
export async function allChannels(server: Server): Promise<Channel[]> {
  return (await server.ask<ChannelList>("/api/v1/channels")).channels;
}

/**
 * The channel of this name or id.
 * @throws AuditFlowError not_found naming the channels there are.
 */
export async function findChannel(server: Server, nameOrId: string): Promise<Channel> {
  const channels = await allChannels(server);
  const found =
    channels.find(({ name }) => name === nameOrId) ??
    channels.find(({ channel_id }) => channel_id === nameOrId.toLowerCase());
  if (found !== undefined) return found;
  const names = channels.map(({ name }) => `"${name}"`).join(", ");
  const next = names === "" ? `add one with "auditflow channel add"` : `there are ${names}`;
  throw new AuditFlowError("not_found", `There is no channel "${nameOrId}": ${next}`);
}
