import { Button, Group, Text } from "@mantine/core";
import { X } from "lucide-react";
import type { Ref } from "react";
import "./filter-bar.css";
import { type AlertsSearch, isUnfiltered, toggleSeverity } from "./filter-search.ts";
import { severities, severityLooks } from "./severity.tsx";
import { formatTime } from "./time.tsx";

const spans = [
  { word: "15 min", seconds: 15 * 60 },
  { word: "1 h", seconds: 3_600 },
  { word: "24 h", seconds: 86_400 },
  { word: "7 d", seconds: 7 * 86_400 },
] as const;

interface FilterProps {
  readonly search: AlertsSearch;
  readonly change: (search: AlertsSearch) => void;
  /** Name of the rule in the filter, where it is known. */
  readonly ruleName: string | undefined;
  /** The control that the key `/` leads to. */
  readonly first: Ref<HTMLButtonElement>;
}

/** Narrows the list by severity and time, and shows what else narrows it, each with a way to take it away. */
export function FilterBar({ search, change, ruleName, first }: FilterProps) {
  const { from: _from, to: _to, ...anyTime } = search;
  const { rule_id, ...anyRule } = search;
  return (
    <Group gap="xs" className="filter-bar" role="group" aria-label="Filter">
      <SeverityToggles search={search} change={change} first={first} />
      <Quick search={search} change={change} />
      {search.from === undefined && search.to === undefined ? null : (
        <Chip text={timeText(search)} remove="Any time" onRemove={() => change(anyTime)} />
      )}
      {rule_id === undefined ? null : (
        <Chip text={`Rule: ${ruleName ?? rule_id}`} remove="Any rule" onRemove={() => change(anyRule)} />
      )}
      {isUnfiltered(search) ? null : (
        <Button size="compact-sm" variant="subtle" aria-label="Clear the filter" onClick={() => change({})}>
          Clear
        </Button>
      )}
    </Group>
  );
}

function SeverityToggles({ search, change, first }: Omit<FilterProps, "ruleName">) {
  return (
    <Button.Group aria-label="Severity">
      {severities.map((severity, position) => {
        const { word, icon: Icon, color } = severityLooks[severity];
        const on = search.severity?.includes(severity) ?? false;
        return (
          <Button
            key={severity}
            size="compact-sm"
            variant="default"
            className="filter-toggle"
            aria-pressed={on}
            leftSection={<Icon size={13} aria-hidden style={{ color: `var(${color})` }} />}
            onClick={() => change(toggleSeverity(search, severity))}
            {...(position === 0 ? { ref: first } : {})}
          >
            {word}
          </Button>
        );
      })}
    </Button.Group>
  );
}

/** Each span is counted back from the click, and stands in the address as the moment it began. */
function Quick({ search, change }: Pick<FilterProps, "search" | "change">) {
  const { from: _from, to: _to, ...anyTime } = search;
  return (
    <Group gap={6} wrap="nowrap">
      <Text size="sm" c="dimmed" id="filter-last">
        Last
      </Text>
      <Button.Group aria-labelledby="filter-last">
        {spans.map(({ word, seconds }) => (
          <Button
            key={word}
            size="compact-sm"
            variant="default"
            onClick={() => change({ ...anyTime, from: new Date(Date.now() - seconds * 1000).toISOString() })}
          >
            {word}
          </Button>
        ))}
        <Button
          size="compact-sm"
          variant="default"
          className="filter-toggle"
          aria-pressed={search.from === undefined && search.to === undefined}
          onClick={() => change(anyTime)}
        >
          All
        </Button>
      </Button.Group>
    </Group>
  );
}

interface ChipProps {
  readonly text: string;
  readonly remove: string;
  readonly onRemove: () => void;
}

function Chip({ text, remove, onRemove }: ChipProps) {
  return (
    <Button
      size="compact-sm"
      variant="default"
      className="filter-chip"
      aria-label={`${text}. ${remove}`}
      title={remove}
      rightSection={<X size={13} aria-hidden />}
      onClick={onRemove}
    >
      {text}
    </Button>
  );
}

function timeText({ from, to }: AlertsSearch): string {
  const [start, end] = [from, to].map((at) => (at === undefined ? undefined : formatTime(Date.parse(at))));
  if (start === undefined) return `Before ${end}`;
  return end === undefined ? `Since ${start}` : `${start} to ${end}`;
}
