import { Stack, Text } from "@mantine/core";
import type { AlertDetail, AlertDetailMatchedItem } from "../client/generated/auditflow.ts";
import { countedWords, numberText } from "./counted-words.ts";
import { Section } from "./facts.tsx";
import { spanText, valueText } from "./facts-event.ts";
import { EventTable } from "./facts-event-table.tsx";

/** Why the alert is there, in words, with the event that fired it. */
export function AlertWhy({ alert }: { readonly alert: AlertDetail }) {
  const { matched, raw_event_data: event, metadata } = alert;
  return (
    <Section title="Why it fired">
      <Stack gap="sm">
        <Counted of={metadata["counts"]} value={metadata["value"]} />
        <Episode alert={alert} />
        {matched.length === 0 ? null : <Reasons matched={matched} />}
        {metadata["raw_event_data_is"] === undefined ? null : (
          <Text size="sm" c="dimmed">
            It was decided when no earlier event could come any more. The event that fired it was not at hand
            by then; this is {String(metadata["raw_event_data_is"])}.
          </Text>
        )}
        {event === null ? (
          <Text size="sm" c="dimmed">
            The event that fired it is not kept in the alert
            {typeof metadata["raw_event_data_omitted"] === "string"
              ? `: ${metadata["raw_event_data_omitted"]}`
              : null}
            .
          </Text>
        ) : (
          <EventTable event={event} matched={matched} />
        )}
      </Stack>
    </Section>
  );
}

/** What a correlation asks for, of which rules, and the number that was compared. */
function Counted({ of, value }: { readonly of: unknown; readonly value: unknown }) {
  const counted = countedWords(of);
  if (counted === undefined) return null;
  return (
    <Text size="sm" className="breaks">
      The rule asks for {counted.words}{" "}
      {counted.rules.map(({ name, author }, position) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two rules may have one name, and the list never changes
        <span key={position}>
          {position === 0 ? null : ", "}
          <strong>{name}</strong>
          {author === undefined ? null : ` (by ${author})`}
        </span>
      ))}
      {counted.end}.{typeof value === "number" ? ` At its first firing it was ${numberText(value)}.` : null}
    </Text>
  );
}

/** What a rule counts over a window, and for whom. */
function Episode({ alert: { count, metadata } }: { readonly alert: AlertDetail }) {
  const window = metadata["window_ms"];
  if (typeof window !== "number") return null;
  const groups = Object.entries((metadata["group_by"] ?? {}) as Record<string, unknown>);
  return (
    <Text size="sm" className="breaks">
      The rule counts events over a window of <strong>{spanText(window)}</strong>
      {groups.length === 0 ? null : ", those that share "}
      {groups.map(([name, value], position) => (
        <span key={name}>
          {position === 0 ? null : " and "}
          <span className="mono">{name}</span> = <mark className="hit mono">{valueText(value)}</mark>
        </span>
      ))}
      . So far {count === 1 ? "1 event is" : `${count.toLocaleString("en-GB")} events are`} part of it.
    </Text>
  );
}

function Reasons({ matched }: { readonly matched: readonly AlertDetailMatchedItem[] }) {
  return (
    <ul className="reasons">
      {matched.map(({ selection, field, value }) => (
        <li key={`${selection} ${field} ${valueText(value)}`} className="breaks">
          {field === null ? "The text contains " : <span className="mono">{field}</span>}
          {field === null ? null : " is "}
          <mark className="hit mono">{valueText(value)}</mark>
          <Text span size="xs" c="dimmed">
            {" "}
            (selection {selection})
          </Text>
        </li>
      ))}
    </ul>
  );
}
