import { Button, CloseButton, Group, NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { Search } from "lucide-react";
import { type RefObject, useState } from "react";
import { severityOf } from "./rule-columns.tsx";
import {
  isNarrowed,
  levelsOf,
  type RuleLevel,
  type RulesSearch,
  ruleLevels,
  toggleLevel,
  widened,
  withPart,
} from "./rule-search.ts";
import { severityLooks } from "./severity.tsx";

interface ToolsProps {
  readonly search: RulesSearch;
  readonly change: (search: RulesSearch) => void;
  readonly input: RefObject<HTMLInputElement | null>;
}

const kinds = [
  { value: "", label: "Any kind" },
  { value: "detection", label: "Detection" },
  { value: "correlation", label: "Correlation" },
];

const states = [
  { value: "", label: "Any activity" },
  { value: "silent", label: "Never matched" },
  { value: "matched", label: "Matched" },
  { value: "alerted", label: "Raised alerts" },
  { value: "lossy", label: "Late or skipped events" },
  { value: "suspended", label: "Suspended" },
];

/** Narrows the rules by words, level, kind and what became of them. */
export function RuleTools({ search, change, input }: ToolsProps) {
  return (
    <Group gap={6} role="search" aria-label="Narrow the rules">
      <WordField {...{ search, change, input }} />
      <Group gap={4} role="group" aria-label="Level">
        {ruleLevels.map((level) => (
          <LevelToggle
            key={level}
            level={level}
            on={search.level !== undefined && levelsOf(search).includes(level)}
            toggle={() => change(toggleLevel(search, level))}
          />
        ))}
      </Group>
      <NativeSelect
        size="xs"
        aria-label="Kind"
        value={search.kind ?? ""}
        data={kinds}
        onChange={(event) => change(withPart(search, { kind: event.currentTarget.value }))}
      />
      <NativeSelect
        size="xs"
        aria-label="Activity"
        value={search.state ?? ""}
        data={states}
        onChange={(event) => change(withPart(search, { state: event.currentTarget.value }))}
      />
      {isNarrowed(search) ? (
        <Button size="compact-sm" variant="subtle" onClick={() => change(widened(search))}>
          Clear
        </Button>
      ) : null}
    </Group>
  );
}

/** What is written is ahead of the address for a moment: browsers refuse an address that changes with every key. */
function WordField({ search, change, input }: ToolsProps) {
  const applied = search.find ?? "";
  const [state, setState] = useState({ applied, text: applied, sent: applied });
  // The address changed by another way, such as going back: the field follows.
  if (state.applied !== applied)
    setState({ applied, text: applied === state.sent ? state.text : applied, sent: applied });
  const send = useDebouncedCallback((find: string) => {
    setState((before) => ({ ...before, sent: find }));
    change(withPart(search, { find }));
  }, 200);
  const write = (text: string): void => {
    setState((before) => ({ ...before, text }));
    send(text);
  };
  return (
    <TextInput
      ref={input}
      size="xs"
      className="rule-find"
      aria-label="Words"
      placeholder="Title, tag, author, file or id"
      type="search"
      autoComplete="off"
      spellCheck={false}
      leftSection={<Search size={13} aria-hidden />}
      rightSection={
        state.text === "" ? null : (
          <CloseButton size={20} aria-label="Clear the words" onClick={() => write("")} />
        )
      }
      value={state.text}
      onChange={(event) => write(event.currentTarget.value)}
    />
  );
}

interface ToggleProps {
  readonly level: RuleLevel;
  readonly on: boolean;
  readonly toggle: () => void;
}

function LevelToggle({ level, on, toggle }: ToggleProps) {
  const { word, icon: Icon, color } = severityLooks[severityOf(level)];
  return (
    <Button
      size="compact-sm"
      variant="default"
      className="rule-toggle"
      aria-pressed={on}
      leftSection={<Icon size={13} aria-hidden style={{ color: `var(${color})` }} />}
      onClick={toggle}
    >
      {word}
    </Button>
  );
}
