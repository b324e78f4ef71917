import { Badge, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { CircleAlert, OctagonPause } from "lucide-react";
import type { ReactNode } from "react";
import { ruleFilter } from "./filter-search.ts";
import type { RuleRow } from "./rule-rows.ts";
import type { RuleSort, RulesSearch } from "./rule-search.ts";
import { Severity } from "./severity.tsx";

declare module "@tanstack/react-router" {
  interface HistoryState {
    /** The page before was the list of rules, so that closing a rule can go back to it. */
    fromRules?: boolean;
  }
}

/** What a cell knows beside its row. */
export interface CellContext {
  /** Whether the Tab key reaches the links of this row; from there the arrow keys lead to the others. */
  readonly reachable: boolean;
  readonly search: RulesSearch;
}

/** A column of the table of rules; its id is also the class of its cells. */
export interface RuleColumn {
  readonly id: RuleSort;
  readonly head: string;
  /** What the numbers of a column are, for whoever points at its head. */
  readonly help?: string;
  readonly cell: (row: RuleRow, context: CellContext) => ReactNode;
}

/** The columns, from left to right. */
export const ruleColumns: readonly RuleColumn[] = [
  { id: "level", head: "Level", cell: ({ rule }) => <Severity of={severityOf(rule.level)} /> },
  { id: "title", head: "Rule", cell: (row, context) => <TitleCell row={row} context={context} /> },
  { id: "kind", head: "Kind", cell: ({ kind }) => kind },
  {
    id: "matches",
    head: "Matches",
    help: "Events that matched; of a correlation rule, what reached it from the rules that it counts",
    cell: ({ matches }) => <Count of={matches} />,
  },
  {
    id: "alerts",
    head: "Alerts",
    help: "Alerts begun; an alert that grows is one",
    cell: (row, context) => <AlertsCell row={row} context={context} />,
  },
  {
    id: "late",
    head: "Late",
    help: "Not counted by the correlation rule: later than its lateness",
    cell: ({ rule, late }) => <Count of={rule.kind === "correlation" ? late : undefined} bad />,
  },
  {
    id: "skipped",
    head: "Skipped",
    help: "Not counted by the correlation rule: for instance, a field that it groups by was missing",
    cell: ({ rule, skipped }) => <Count of={rule.kind === "correlation" ? skipped : undefined} bad />,
  },
  { id: "version", head: "Version", cell: ({ rule }) => <span className="mono">{rule.version}</span> },
  {
    id: "file",
    head: "File",
    cell: ({ rule, fileName }) => (
      <span className="mono rule-place" title={`${rule.file}:${rule.line}`}>
        <span className="rule-file">{fileName}</span>:{rule.line}
      </span>
    ),
  },
];

/** The severity of the alerts of a rule of that level. */
export function severityOf(level: RuleRow["rule"]["level"]): "CRITICAL" | "HIGH" | "MEDIUM" | "LOW" | "INFO" {
  return level === "informational" ? "INFO" : (level.toUpperCase() as "CRITICAL" | "HIGH" | "MEDIUM" | "LOW");
}

interface CountProps {
  /** undefined: such a rule counts nothing of the kind. */
  readonly of: number | undefined;
  /** Whether any other number than 0 asks for a look. */
  readonly bad?: boolean;
}

/** A number of which 0 steps back, so that the others stand out. */
export function Count({ of, bad = false }: CountProps) {
  if (of === undefined) return <span className="rule-zero">–</span>;
  const look = of === 0 ? "rule-zero" : bad ? "rule-bad" : undefined;
  return <span className={look}>{of.toLocaleString("en-GB")}</span>;
}

interface CellProps {
  readonly row: RuleRow;
  readonly context: CellContext;
}

function AlertsCell({ row: { rule, alerts }, context: { reachable } }: CellProps) {
  if (alerts === 0) return <Count of={0} />;
  const shown = alerts.toLocaleString("en-GB");
  return (
    <Link
      to="/alerts"
      search={{ filter: ruleFilter(rule.rule_id) }}
      className="rule-alerts"
      aria-label={`${shown} ${alerts === 1 ? "alert" : "alerts"} of ${rule.title}`}
      tabIndex={reachable ? 0 : -1}
      preload={false}
    >
      {shown}
    </Link>
  );
}

function TitleCell({ row, context: { reachable, search } }: CellProps) {
  const { rule, kind } = row;
  return (
    <span className="list-cell rule-cell" title={rule.title}>
      <Link
        to="/rules"
        search={{ ...search, rule: rule.rule_id }}
        state={{ fromRules: true }}
        resetScroll={false}
        className="list-link rule-link"
        data-rule={rule.rule_id}
        tabIndex={reachable ? 0 : -1}
        preload={false}
      >
        {rule.title}
      </Link>
      <RuleMarks row={row} />
      <span className="list-second">
        <Severity of={severityOf(rule.level)} />
        <Text span size="xs" c="dimmed" truncate>
          {kind}
        </Text>
      </span>
    </span>
  );
}

/** What is special about a rule, as badges: it is suspended, its file has a fault, it is not stable. */
export function RuleMarks({ row: { rule, faulty } }: { readonly row: RuleRow }) {
  return (
    <>
      {rule.suspended ? (
        <Badge
          {...badge}
          color="red"
          leftSection={<OctagonPause size={11} aria-hidden />}
          title="Not evaluated, because it used up its time"
        >
          suspended
        </Badge>
      ) : null}
      {faulty ? (
        <Badge
          {...badge}
          color="yellow"
          leftSection={<CircleAlert size={11} aria-hidden />}
          title="A fault of its file is told above: what is in force may be older than what is written"
        >
          file has a fault
        </Badge>
      ) : null}
      {rule.status === undefined || rule.status === "stable" ? null : (
        <Badge
          {...badge}
          variant="outline"
          className="rule-badge rule-status"
          title="Status, as the rule says"
        >
          {rule.status}
        </Badge>
      )}
    </>
  );
}

const badge = { size: "xs", variant: "light", className: "rule-badge" } as const;
