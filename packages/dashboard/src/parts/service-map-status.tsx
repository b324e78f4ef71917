import type { HealthStatus } from "@auditflow/contracts";
import { Group, Text } from "@mantine/core";
import { CircleCheck, CircleQuestionMark, CircleX, type LucideIcon, TriangleAlert } from "lucide-react";
import "./service-map.css";

/** A status, or that nobody told it. */
export type MapStatus = HealthStatus | "unknown";

interface StatusLook {
  readonly word: string;
  readonly icon: LucideIcon;
  /** Name of the CSS variable of its colour. */
  readonly color: string;
}

/** How each status looks: icon, word and colour, never the colour alone. */
export const statusLooks: Readonly<Record<MapStatus, StatusLook>> = {
  pass: { word: "Works", icon: CircleCheck, color: "--status-pass" },
  warn: { word: "Works in part", icon: TriangleAlert, color: "--status-warn" },
  fail: { word: "Does not work", icon: CircleX, color: "--status-fail" },
  unknown: { word: "Not reported", icon: CircleQuestionMark, color: "--status-unknown" },
};

/** A status as icon and word in its colour. */
export function Status({ of }: { readonly of: MapStatus }) {
  const { word, icon: Icon, color } = statusLooks[of];
  return (
    <Group gap={6} wrap="nowrap" style={{ color: `var(${color})` }}>
      <Icon size={15} aria-hidden className="status-icon" />
      <Text span size="sm" fw={600}>
        {word}
      </Text>
    </Group>
  );
}
