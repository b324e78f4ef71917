import type { ChannelKindName } from "@auditflow/contracts";
import { Group, Text } from "@mantine/core";
import { BellRing, type LucideIcon, Mail, MessageSquare, ScrollText, Webhook } from "lucide-react";

interface KindLook {
  readonly word: string;
  readonly icon: LucideIcon;
  /** What it does, for whoever chooses one. */
  readonly help: string;
}

/** How each way to tell people looks, the most common first. */
export const channelKinds: Readonly<Record<ChannelKindName, KindLook>> = {
  slack: {
    word: "Slack",
    icon: MessageSquare,
    help: "A message to the channel of an incoming webhook of Slack",
  },
  webhook: {
    word: "Webhook",
    icon: Webhook,
    help: "A POST of JSON to an address of yours, signed as Standard Webhooks says",
  },
  email: { word: "E-mail", icon: Mail, help: "A mail by the server that AUDITFLOW_SMTP_URL names" },
  log: { word: "Log", icon: ScrollText, help: "A line in the log of the notification service" },
};

/** The kind of a channel as icon and word; one that the page does not know by its name. */
export function ChannelKind({ of }: { readonly of: string }) {
  const { word, icon: Icon } = isKnown(of) ? channelKinds[of] : { word: of, icon: BellRing };
  return (
    <Group gap={6} wrap="nowrap" component="span" className="channel-kind">
      <Icon size={14} aria-hidden />
      <Text span size="sm" inherit>
        {word}
      </Text>
    </Group>
  );
}

function isKnown(kind: string): kind is ChannelKindName {
  return kind in channelKinds;
}
