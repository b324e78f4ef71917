import type { AlertStatus, CloseReason } from "@auditflow/contracts";
import { Group, Text } from "@mantine/core";
import { CheckCheck, CircleDot, Eye, type LucideIcon, SquareCheck } from "lucide-react";
import "./status.css";

interface Look {
  readonly word: string;
  readonly icon: LucideIcon;
  /** Name of the CSS variable of its colour. */
  readonly color: string;
}

/** How each status looks, the least settled first: icon, word and colour, never the colour alone. */
export const statusLooks: Readonly<Record<AlertStatus, Look>> = {
  open: { word: "Open", icon: CircleDot, color: "--triage-open" },
  acknowledged: { word: "Acknowledged", icon: Eye, color: "--triage-acknowledged" },
  resolved: { word: "Resolved", icon: CheckCheck, color: "--triage-resolved" },
  closed: { word: "Closed", icon: SquareCheck, color: "--triage-closed" },
};

/** Why something was closed, in the words of a person. */
export const closeReasonWords: Readonly<Record<CloseReason, string>> = {
  false_positive: "False positive",
  expected_activity: "Expected activity",
  duplicate: "Duplicate",
  accepted_risk: "Accepted risk",
  handled: "Handled",
  other: "Other",
};

/** How far people are with an alert or incident, as icon and word in its colour. */
export function Status({ of }: { readonly of: AlertStatus }) {
  const { word, icon: Icon, color } = statusLooks[of];
  return (
    <Group gap={5} wrap="nowrap" component="span" className="status" style={{ color: `var(${color})` }}>
      <Icon size={14} aria-hidden />
      <Text span size="sm" inherit>
        {word}
      </Text>
    </Group>
  );
}

/** A reason as the service names it, in words; one that the page does not know stays as it is. */
export function reasonWords(reason: string): string {
  return (closeReasonWords as Readonly<Record<string, string>>)[reason] ?? reason;
}
