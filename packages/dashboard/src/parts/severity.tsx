import type { AlertSeverity } from "@auditflow/contracts";
import { Group, Text } from "@mantine/core";
import { CircleAlert, Info, type LucideIcon, OctagonAlert, TriangleAlert, Volume1 } from "lucide-react";

interface Look {
  readonly word: string;
  readonly icon: LucideIcon;
  /** Name of the CSS variable of its colour; charts read it too. */
  readonly color: string;
}

/** How each severity looks, worst first: icon, word and colour, never the colour alone. */
export const severityLooks: Readonly<Record<AlertSeverity, Look>> = {
  CRITICAL: { word: "Critical", icon: OctagonAlert, color: "--severity-critical" },
  HIGH: { word: "High", icon: TriangleAlert, color: "--severity-high" },
  MEDIUM: { word: "Medium", icon: CircleAlert, color: "--severity-medium" },
  LOW: { word: "Low", icon: Volume1, color: "--severity-low" },
  INFO: { word: "Info", icon: Info, color: "--severity-info" },
};

/** Every severity, worst first. */
export const severities = Object.keys(severityLooks) as readonly AlertSeverity[];

/** A severity as the least of several, in words. */
export function atLeast(severity: AlertSeverity): string {
  if (severity === "INFO") return "Any severity";
  const { word } = severityLooks[severity];
  return severity === "CRITICAL" ? word : `${word} or worse`;
}

/** The severity of an alert as icon and word in its colour. */
export function Severity({ of }: { readonly of: AlertSeverity }) {
  const { word, icon: Icon, color } = severityLooks[of];
  return (
    <Group gap={6} wrap="nowrap" className="severity" style={{ color: `var(${color})` }}>
      <Icon size={15} aria-hidden />
      <Text span size="sm" fw={600} inherit>
        {word}
      </Text>
    </Group>
  );
}
