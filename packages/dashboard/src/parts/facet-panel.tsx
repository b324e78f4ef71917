import type { AlertSeverity, AlertStatus, FacetField } from "@auditflow/contracts";
import { ActionIcon, Text } from "@mantine/core";
import { CircleMinus } from "lucide-react";
import type { CountedFacets, FacetValue } from "../live/use-facets.ts";
import { isShown, toggleExcluded, toggleOnly } from "./facet-edit.ts";
import { severities, severityLooks } from "./severity.tsx";
import { statusLooks } from "./status.tsx";
import "./facet-panel.css";

const titles: readonly (readonly [FacetField, string])[] = [
  ["status", "Status"],
  ["severity", "Severity"],
  ["rule", "Rule"],
  ["user", "Who"],
  ["host", "Host"],
];

interface PanelProps {
  readonly counted: CountedFacets | undefined;
  /** The counts are of an earlier filter; those of this one are on their way. */
  readonly old: boolean;
  readonly filter: string;
  readonly edit: (change: (text: string) => string) => void;
}

/** How the alerts that are listed are spread, and a way to narrow them by a click. */
export function FacetPanel({ counted, old, filter, edit }: PanelProps) {
  return (
    <aside className="facets" id="facets" aria-label="Narrow down" aria-busy={old}>
      {counted?.counted == null ? null : (
        <Text size="xs" c="dimmed">
          Counts cover the newest {counted.counted.toLocaleString("en-GB")} alerts only
        </Text>
      )}
      {titles.map(([field, title]) => {
        const values = ordered(field, counted?.facets[field] ?? []);
        return values.length === 0 ? null : (
          <section key={field}>
            <h2 className="facet-title">{title}</h2>
            <ul className="facet-values">
              {values.map((value) => (
                <ValueRow key={value.value} {...{ field, value, filter, edit }} />
              ))}
            </ul>
          </section>
        );
      })}
    </aside>
  );
}

interface ValueProps extends Pick<PanelProps, "filter" | "edit"> {
  readonly field: FacetField;
  readonly value: FacetValue;
}

function ValueRow({ field, value: { value, label, count }, filter, edit }: ValueProps) {
  const look = lookOf(field, value);
  const name = look?.word ?? label ?? value;
  const Icon = look?.icon;
  const on = isShown(filter, field, value);
  return (
    <li className="facet">
      <button
        type="button"
        className="facet-only"
        aria-pressed={on}
        title={on ? `Any ${field} again` : `Only ${name}`}
        onClick={() => edit((text) => toggleOnly(text, field, value))}
      >
        {Icon === undefined ? null : <Icon size={13} aria-hidden style={{ color: `var(${look?.color})` }} />}
        <span className="facet-name">{name}</span>
        <span className="facet-count">{count.toLocaleString("en-GB")}</span>
      </button>
      <ActionIcon
        size={24}
        variant="subtle"
        color="gray"
        className="facet-exclude"
        aria-label={`Leave out ${name}`}
        title={`Leave out ${name}`}
        onClick={() => edit((text) => toggleExcluded(text, field, value))}
      >
        <CircleMinus size={13} aria-hidden />
      </ActionIcon>
    </li>
  );
}

function lookOf(field: FacetField, value: string) {
  if (field === "severity") return severityLooks[value.toUpperCase() as AlertSeverity];
  return field === "status" ? statusLooks[value as AlertStatus] : undefined;
}

/** Severities and statuses in their own order, all else by frequency, as the service gives it. */
function ordered(field: FacetField, values: readonly FacetValue[]): readonly FacetValue[] {
  const order: readonly string[] =
    field === "severity"
      ? severities.map((one) => one.toLowerCase())
      : field === "status"
        ? Object.keys(statusLooks)
        : [];
  const place = ({ value }: FacetValue): number => order.indexOf(value.toLowerCase());
  return order.length === 0 ? values : values.toSorted((one, other) => place(one) - place(other));
}
