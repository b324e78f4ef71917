import { Group, Paper, Text } from "@mantine/core";
import type { ReactNode } from "react";

/** One number that says how things are, with what it means below. */
export function StatTile({
  label,
  value,
  unit,
  icon,
  children,
}: {
  readonly label: ReactNode;
  /** Left out: not known yet. */
  readonly value: string | undefined;
  readonly unit?: string;
  readonly icon?: ReactNode;
  readonly children?: ReactNode;
}) {
  return (
    <Paper component="section" withBorder px="sm" py="xs" className="stat-tile">
      <Text component="h2" size="sm" fw={500} c="dimmed">
        {label}
      </Text>
      <Group gap={6} align="baseline" wrap="nowrap">
        {icon}
        <Text component="p" className="stat-value" m={0}>
          {value ?? "–"}
        </Text>
        {unit === undefined ? null : (
          <Text size="sm" c="dimmed">
            {unit}
          </Text>
        )}
      </Group>
      <Text size="sm" c="dimmed" component="div">
        {children}
      </Text>
    </Paper>
  );
}
