import type { FilterFieldName } from "@auditflow/contracts";
import { Button, Group, Text } from "@mantine/core";
import { X } from "lucide-react";
import { chipsOf } from "./query-text.ts";
import type { QueryText } from "./use-query-text.ts";

interface ChipsProps {
  readonly query: QueryText;
  readonly nameOf: (field: FilterFieldName, value: string) => string;
}

/** What the list is narrowed by, in words, each with a way to take it away. */
export function QueryChips({ query: { applied, apply }, nameOf }: ChipsProps) {
  const chips = chipsOf(applied, nameOf);
  return (
    <Group gap={6} className="query-chips" role="group" aria-label="What the list is narrowed by">
      {applied === "" ? (
        <Text size="sm" c="dimmed">
          No filter: closed alerts too
        </Text>
      ) : null}
      {chips.map(({ words, without }) => (
        <Button
          key={words}
          size="compact-xs"
          variant="default"
          className="query-chip"
          title="Take this away"
          aria-label={`Take away: ${words}`}
          rightSection={<X size={12} aria-hidden />}
          onClick={() => apply(without)}
        >
          {words}
        </Button>
      ))}
      {chips.length < 2 ? null : (
        <Button size="compact-xs" variant="subtle" onClick={() => apply("")}>
          Clear all
        </Button>
      )}
    </Group>
  );
}
