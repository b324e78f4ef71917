import type { ChannelDesk } from "../alerts/channel-desk.ts";
import { testNotice } from "./channels/test-notice.ts";
import type { NotifyOptions } from "./notify-options.ts";
import { kindOf, senderOf, surroundingsOf } from "./sender-of.ts";

/** What the desk is made with. */
export interface ChannelDeskOptions
  extends Pick<NotifyOptions, "clock" | "log" | "receivers" | "baseUrl" | "newId"> {
  /** So many random bytes. */
  readonly randomBytes: (length: number) => Uint8Array;
  /** How long one send may take, in milliseconds; 15,000 when left out. */
  readonly deadlineMs?: number;
}

/** The desk over the kinds of channel this program has. */
export function channelDesk(options: ChannelDeskOptions): ChannelDesk {
  const { clock, newId, randomBytes, deadlineMs, baseUrl } = options;
  const surroundings = { ...surroundingsOf(options), ...(deadlineMs === undefined ? {} : { deadlineMs }) };
  return {
    kind: async (name) => {
      const kind = await kindOf(name);
      return (
        kind && {
          secrets: kind.secrets,
          describe: (settings) => kind.describe(settings),
          complete: (settings) => kind.complete(settings, randomBytes),
          check: (settings) => kind.check(settings, surroundings),
        }
      );
    },
    test: async (channel) => {
      const at = clock.now();
      const sender = await senderOf(channel, surroundings);
      const page = baseUrl === undefined ? {} : { baseUrl };
      const notice = testNotice({ deliveryId: newId(), at, ...page });
      const { outcome, status = null, detail } = await sender.send(notice, new AbortController().signal);
      await sender.stop?.();
      return { outcome, status, detail, duration_ms: Math.max(0, clock.now() - at) };
    },
  };
}
