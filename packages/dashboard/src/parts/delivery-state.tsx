import type { DeliveryState as State } from "@auditflow/contracts";
import { Group, Text } from "@mantine/core";
import { Ban, CircleCheck, CircleX, Hourglass, type LucideIcon } from "lucide-react";

interface StateLook {
  readonly word: string;
  readonly icon: LucideIcon;
  /** CSS variable of its colour. */
  readonly color: string;
}

/** How each state of a delivery looks: icon, word and colour, never the colour alone. */
export const deliveryLooks: Readonly<Record<State, StateLook>> = {
  pending: { word: "Waiting", icon: Hourglass, color: "--status-warn" },
  delivered: { word: "Delivered", icon: CircleCheck, color: "--status-pass" },
  dead: { word: "Given up", icon: CircleX, color: "--status-fail" },
  cancelled: { word: "Cancelled", icon: Ban, color: "--status-unknown" },
};

/** The state of a delivery as icon and word. */
export function DeliveryState({ of }: { readonly of: State }) {
  const { word, icon: Icon, color } = deliveryLooks[of];
  return (
    <Group gap={6} wrap="nowrap" style={{ color: `var(${color})` }}>
      <Icon size={14} aria-hidden className="status-icon" />
      <Text span size="sm" fw={600} inherit>
        {word}
      </Text>
    </Group>
  );
}
