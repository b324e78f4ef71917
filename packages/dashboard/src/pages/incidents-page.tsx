import { alertStatuses } from "@auditflow/contracts";
import { Group, Stack, Title } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { Keys } from "../parts/alert-keys.tsx";
import "../parts/incident.css";
import { IncidentStatuses } from "../parts/incident-filter.tsx";
import { IncidentList } from "../parts/incident-list.tsx";
import { type IncidentsSearch, withIncidentFilter } from "../parts/incident-search.ts";
import { QueryBar } from "../parts/query-bar.tsx";
import { useQueryText } from "../parts/use-query-text.ts";

const route = getRouteApi("/incidents");

const help = [
  { key: "j", does: "next incident" },
  { key: "k", does: "incident before" },
  { key: "Enter", does: "open the incident" },
  { key: "/", does: "go to the filter" },
  { key: "Esc", does: "leave the list, so that new incidents appear by themselves" },
];

/** What belongs together as one case, those opened last first, kept up to date by itself. */
export function IncidentsPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = (next: IncidentsSearch): void => void navigate({ search: next });
  const query = useQueryText(search.filter ?? "", (filter) => change(withIncidentFilter(search, filter)));
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = "Incidents - AuditFlow";
  }, []);
  return (
    <Stack gap="sm">
      <Group justify="space-between" gap="xs">
        <Title order={1}>Incidents</Title>
        <Keys
          help={help}
          shortcuts={{
            j: () => step(1),
            k: () => step(-1),
            "/": () => input.current?.focus(),
            Escape: leave,
          }}
        />
      </Group>
      <div className="incident-filter">
        <IncidentStatuses search={search} change={change} />
        <QueryBar query={query} valuesOf={noValues} input={input} />
      </div>
      <IncidentList
        key={JSON.stringify(search)}
        search={search}
        widen={() => change({ status: alertStatuses.join(",") })}
        clear={search.filter === undefined ? undefined : () => change(withIncidentFilter(search, ""))}
      />
    </Stack>
  );
}

/** Alerts are counted by value on their own page. */
function noValues(): readonly never[] {
  return [];
}

/** Gives the focus to the link so many rows from the one that has it. */
function step(by: number): void {
  const links = [...document.querySelectorAll<HTMLElement>(".incident-link")];
  const at = links.indexOf(document.activeElement as HTMLElement);
  links[at < 0 ? 0 : Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
}

function leave(): void {
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
}
