import { Button } from "@mantine/core";
import { Bell, BellOff, Trash2 } from "lucide-react";
import type { Channel } from "../client/generated/auditflow.ts";
import type { useChangeChannel, useTestChannel } from "../live/use-channels.ts";
import { TestButton } from "./channel-test.tsx";

interface ActionProps {
  readonly channel: Channel;
  readonly remove: () => void;
  readonly test: ReturnType<typeof useTestChannel>;
  readonly changing: ReturnType<typeof useChangeChannel>;
}

/** What can be done to a channel: try it, rest it, take it away. */
export function ChannelActions({ channel, remove, test, changing }: ActionProps) {
  const { name, channel_id, enabled } = channel;
  const [verb, Icon] = enabled ? (["Disable", BellOff] as const) : (["Enable", Bell] as const);
  return (
    <>
      <TestButton test={test} channelId={channel_id} name={name} />
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<Icon size={13} aria-hidden />}
        disabled={changing.isPending}
        aria-label={`${verb} ${name}`}
        onClick={() => changing.mutate({ channel, change: { enabled: !enabled } })}
      >
        {verb}
      </Button>
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<Trash2 size={13} aria-hidden />}
        aria-label={`Remove ${name}`}
        onClick={remove}
      >
        Remove
      </Button>
    </>
  );
}
