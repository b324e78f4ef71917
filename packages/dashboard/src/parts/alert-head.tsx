import { Button, Group, Text, Title } from "@mantine/core";
import { Filter, Pause, Play } from "lucide-react";
import type { ReactNode } from "react";
import type { LiveAlerts } from "../live/use-alerts.ts";
import { ExportLinks } from "./export-links.tsx";

interface HeadProps {
  readonly live: LiveAlerts;
  /** The whole filter of the list. */
  readonly filter: string;
  /** false: the filter of the address has a fault, and no list is shown. */
  readonly isSound: boolean;
  readonly paused: boolean;
  readonly pause: () => void;
  readonly facets: boolean;
  readonly toggleFacets: () => void;
  readonly children: ReactNode;
}

/** The title of the list, how much of it is here, and what can be done with all of it. */
export function AlertHead({
  live,
  filter,
  isSound,
  paused,
  pause,
  facets,
  toggleFacets,
  children,
}: HeadProps) {
  return (
    <Group justify="space-between" gap="xs">
      <Group gap="sm" align="baseline">
        <Title order={1}>Alerts</Title>
        {isSound ? <ListCount live={live} /> : null}
      </Group>
      <Group gap={6}>
        <Button
          size="compact-sm"
          variant="default"
          aria-expanded={facets}
          aria-controls="facets"
          leftSection={<Filter size={13} aria-hidden />}
          onClick={toggleFacets}
        >
          Counts
        </Button>
        {isSound ? <ExportLinks filter={filter} /> : null}
        <PauseButton paused={paused} held={live.held} toggle={pause} />
        {children}
      </Group>
    </Group>
  );
}

/** Both numbers, always: what is here, and whether there is more. */
function ListCount({ live: { alerts, query } }: { readonly live: LiveAlerts }) {
  if (query.data === undefined || alerts.length === 0) return null;
  const below = query.isFetchingNextPage
    ? "loading more"
    : query.hasNextPage
      ? "more below"
      : "all there are";
  return (
    <Text size="sm" c="dimmed">
      {alerts.length.toLocaleString("en-GB")} loaded, {below}
    </Text>
  );
}

interface PauseProps {
  readonly paused: boolean;
  readonly held: number;
  readonly toggle: () => void;
}

function PauseButton({ paused, held, toggle }: PauseProps) {
  const Icon = paused ? Play : Pause;
  return (
    <Button
      size="compact-sm"
      variant={paused ? "filled" : "default"}
      leftSection={<Icon size={13} aria-hidden />}
      onClick={toggle}
    >
      {paused ? `Paused, ${held.toLocaleString("en-GB")} waiting: resume` : "Pause"}
    </Button>
  );
}
