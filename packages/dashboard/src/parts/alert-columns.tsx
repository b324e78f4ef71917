import { Badge, Checkbox, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { createColumnHelper, tableFeatures } from "@tanstack/react-table";
import { GitMerge, UserRound } from "lucide-react";
import { createContext, useContext } from "react";
import type { AlertSummary } from "../client/generated/auditflow.ts";
import { Severity } from "./severity.tsx";
import { Status } from "./status.tsx";
import { zoneName } from "./time.tsx";
import { Chosen } from "./use-selection.ts";

declare module "@tanstack/react-router" {
  interface HistoryState {
    /** The page before was the list, so that going back leads to the same place in it. */
    fromAlerts?: boolean;
  }
}

/** Id of the one alert whose link the Tab key reaches; from there the arrow keys lead to the others. */
export const ReachableAlert = createContext<string | undefined>(undefined);

/** A row of the list: an alert, and how many others turned out to be part of it. */
export interface AlertRow {
  readonly alert: AlertSummary;
  readonly absorbed: number;
}

/** The service sorts and filters: the table needs no feature but its columns. */
export const alertTableFeatures = tableFeatures({});

const column = createColumnHelper<typeof alertTableFeatures, AlertRow>();

/** The columns of the list of alerts. Each id is also the class of its cells. */
export const alertColumns = column.columns([
  column.display({
    id: "choose",
    header: () => <ChooseLoaded />,
    cell: ({ row }) => <Choose alert={row.original.alert} />,
  }),
  column.display({
    id: "time",
    header: () => `Time, ${zoneName(new Date())}`,
    cell: ({ row }) => <RowTime at={row.original.alert.timestamp} />,
  }),
  column.display({
    id: "severity",
    header: "Severity",
    cell: ({ row }) => <Severity of={row.original.alert.severity} />,
  }),
  column.display({
    id: "status",
    header: "Status",
    cell: ({ row }) => <RowStatus alert={row.original.alert} />,
  }),
  column.display({
    id: "alert",
    header: "Alert",
    cell: ({ row }) => <AlertCell row={row.original} />,
  }),
  column.display({ id: "actor", header: "Who", cell: ({ row }) => <Actor alert={row.original.alert} /> }),
  column.accessor((row) => row.alert.impacted_resource.server_hostname, {
    id: "host",
    header: "Host",
    cell: ({ getValue }) => <span title={getValue()}>{getValue()}</span>,
  }),
  column.accessor((row) => row.alert.count, {
    id: "count",
    header: "Events",
    cell: ({ getValue }) => getValue().toLocaleString("en-GB"),
  }),
  column.display({
    id: "last",
    header: "Last event",
    cell: ({ row }) => <RowTime at={row.original.alert.last_event_at} />,
  }),
]);

function ChooseLoaded() {
  const chosen = useContext(Chosen);
  if (chosen === undefined) return null;
  const { ids, all, allLoaded } = chosen;
  return (
    <Checkbox
      size="xs"
      aria-label="Choose all loaded alerts"
      checked={all !== undefined || allLoaded}
      indeterminate={all === undefined && !allLoaded && ids.length > 0}
      onChange={chosen.toggleLoaded}
    />
  );
}

function Choose({ alert: { alert_id: id, alert_name } }: { readonly alert: AlertSummary }) {
  const chosen = useContext(Chosen);
  const reachable = useContext(ReachableAlert) === id;
  if (chosen === undefined) return null;
  return (
    <Checkbox
      size="xs"
      aria-label={`Choose ${alert_name}`}
      checked={chosen.isChosen(id)}
      tabIndex={reachable ? 0 : -1}
      onClick={(event) => chosen.toggle(id, event.shiftKey)}
      onChange={() => undefined}
    />
  );
}

function RowStatus({ alert: { status, assignee } }: { readonly alert: AlertSummary }) {
  return (
    <span title={assignee === null ? undefined : `Assigned to ${assignee}`}>
      <Status of={status} />
    </span>
  );
}

function AlertCell({ row: { alert, absorbed } }: { readonly row: AlertRow }) {
  const reachable = useContext(ReachableAlert) === alert.alert_id;
  return (
    <span className="list-cell alert-cell" title={`${alert.alert_name}\n${alert.description}`}>
      <Link
        to="/alerts/$alertId"
        params={{ alertId: alert.alert_id }}
        state={{ fromAlerts: true }}
        className="list-link alert-link"
        data-alert={alert.alert_id}
        tabIndex={reachable ? 0 : -1}
        preload={false}
      >
        {alert.alert_name}
      </Link>
      {alert.synthetic === true ? (
        <Badge size="xs" variant="outline" className="alert-demo" title="Rests on a synthetic event">
          demo
        </Badge>
      ) : null}
      {absorbed === 0 ? null : (
        <span className="alert-absorbed" title="Alerts that turned out to be part of this one">
          <GitMerge size={12} aria-hidden /> {absorbed} merged in
        </span>
      )}
      {alert.assignee === null ? null : (
        <span className="alert-assignee" title={`Assigned to ${alert.assignee}`}>
          <UserRound size={12} aria-hidden /> {alert.assignee}
        </span>
      )}
      <Text span size="sm" c="dimmed" className="alert-description">
        {alert.description}
      </Text>
      <span className="list-second">
        <Status of={alert.status} />
        <Text span size="xs" c="dimmed" truncate>
          {alert.synthetic === true ? "demo, " : ""}
          {alert.triggered_by.actor_id}
        </Text>
      </span>
    </span>
  );
}

function Actor({ alert: { triggered_by } }: { readonly alert: AlertSummary }) {
  const { actor_id, client_ip } = triggered_by;
  const address = client_ip === undefined || client_ip === actor_id ? "" : client_ip;
  return (
    <span title={`${triggered_by.actor_type} ${actor_id} ${address}`}>
      {actor_id}
      {address === "" ? null : (
        <Text span size="xs" c="dimmed" ml={6}>
          {address}
        </Text>
      )}
    </span>
  );
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "2-digit", month: "short" });

/** Its zone stands in the head of the column. */
function RowTime({ at }: { readonly at: string }) {
  const date = new Date(at);
  const today = date.toDateString() === new Date().toDateString();
  return (
    <time dateTime={at} title={at}>
      {today ? null : <span className="day">{day.format(date)} </span>}
      {clock.format(date)}
    </time>
  );
}
