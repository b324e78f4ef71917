import { Button, Group, Text, Title } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { Pause, Play } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import type { AlertSummary } from "../client/generated/auditflow.ts";
import { type LiveAlerts, useAlerts } from "../live/use-alerts.ts";
import { Keys } from "../parts/alert-keys.tsx";
import { AlertList } from "../parts/alert-list.tsx";
import { AlertNews } from "../parts/alert-news.tsx";
import type { AlertTableHandle } from "../parts/alert-table.tsx";
import { FilterBar } from "../parts/filter-bar.tsx";
import { type AlertsSearch, isUnfiltered } from "../parts/filter-search.ts";

const route = getRouteApi("/alerts");

const help = [
  { key: "j", does: "next alert" },
  { key: "k", does: "alert before" },
  { key: "Enter", does: "open the alert" },
  { key: "/", does: "go to the filter" },
  { key: "p", does: "pause or resume live changes" },
  { key: "Esc", does: "leave the list, so that new alerts appear by themselves" },
];

/** Every alert, newest first, narrowed by what stands in the address, kept up to date by itself. */
export function AlertsPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [paused, setPaused] = useState(false);
  const handle = useRef<AlertTableHandle>(null);
  const first = useRef<HTMLButtonElement>(null);
  const mayEnter = useCallback(() => handle.current?.isBeingRead() !== true, []);
  const live = useAlerts(search, { paused, mayEnter });
  const ruleName = useRuleName(search.rule_id, live.alerts);
  const change = (next: AlertsSearch): void => void navigate({ search: next });
  useEffect(() => {
    document.title = "Alerts - AuditFlow";
  }, []);
  return (
    <div className="alerts-page">
      <Group justify="space-between" gap="xs">
        <Title order={1}>Alerts</Title>
        <Group gap="xs">
          <ListCount live={live} />
          <PauseButton paused={paused} held={live.held} toggle={() => setPaused(!paused)} />
          <Keys
            help={help}
            shortcuts={{
              j: () => handle.current?.step(1),
              k: () => handle.current?.step(-1),
              "/": () => first.current?.focus(),
              p: () => setPaused(!paused),
              Escape: leave,
            }}
          />
        </Group>
      </Group>
      <FilterBar search={search} change={change} ruleName={ruleName} first={first} />
      <AlertNews changed={live.changed} pending={live.pending.length} />
      <AlertList
        key={JSON.stringify(search)}
        live={live}
        filtered={!isUnfiltered(search)}
        clear={() => change({})}
        handle={handle}
      />
    </div>
  );
}

function leave(): void {
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
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

/** The name comes with the first alert of the rule, and is kept while the list of another range has none. */
function useRuleName(ruleId: string | undefined, alerts: readonly AlertSummary[]): string | undefined {
  const names = useRef(new Map<string, string>());
  const name = alerts.find(({ rule_id }) => rule_id === ruleId)?.rule_name;
  useEffect(() => {
    if (ruleId !== undefined && name !== undefined) names.current.set(ruleId, name);
  }, [ruleId, name]);
  return ruleId === undefined ? undefined : (name ?? names.current.get(ruleId));
}
