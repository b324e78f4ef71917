import type { ChannelKind } from "./channel.ts";
import { email } from "./email.ts";
import { log } from "./log.ts";
import { slack } from "./slack.ts";
import { webhook } from "./webhook.ts";

/** Every way to tell people, by the name that a channel's `kind` has. */
export const channelKinds = { log, webhook, slack, email } as const satisfies Record<string, ChannelKind>;
export type ChannelKindName = keyof typeof channelKinds;
