import type { FilterFault } from "@auditflow/contracts";
import type { KeyboardEvent, RefObject } from "react";
import { resting, type Writing } from "./query-keys.ts";
import { partsOf } from "./query-text.ts";

interface FieldProps {
  /** Before the ids of the options and the faults. */
  readonly id: string;
  readonly input: RefObject<HTMLInputElement | null>;
  readonly text: string;
  readonly setText: (text: string) => void;
  readonly faults: readonly FilterFault[];
  readonly writing: Writing;
  readonly write: (writing: Writing) => void;
  readonly press: (event: KeyboardEvent) => void;
}

/** The field of the query bar: one line of text whose faults are underlined. */
export function QueryField({ id, input, text, setText, faults, writing, write, press }: FieldProps) {
  const { caret, open, active, asked } = writing;
  const isWrong = faults.length > 0;
  return (
    <div className="query-field">
      <Marks text={text} faults={faults} />
      <input
        ref={input}
        className="query-input"
        type="text"
        role="combobox"
        aria-label="Filter"
        aria-autocomplete="list"
        aria-expanded={open}
        aria-controls={`${id}-options`}
        aria-activedescendant={open && active >= 0 ? `${id}-${active}` : undefined}
        aria-invalid={isWrong}
        aria-describedby={isWrong ? `${id}-faults` : undefined}
        placeholder="severity:>=high user:alice host:web-*"
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        value={text}
        onChange={({ currentTarget }) => {
          setText(currentTarget.value);
          write({ ...resting, caret: currentTarget.selectionStart ?? undefined, open: true });
        }}
        onSelect={({ currentTarget }) => {
          const at = currentTarget.selectionStart ?? 0;
          if (at !== caret && document.activeElement === currentTarget)
            write({ ...writing, caret: at, active: -1 });
        }}
        onClick={() => write({ ...writing, open: true })}
        onBlur={() => write({ ...resting, asked })}
        onKeyDown={press}
        onScroll={({ currentTarget }) => follow(currentTarget)}
      />
    </div>
  );
}

/** The text once more behind the field, which has no ground of its own: what is wrong is underlined there. */
function Marks({ text, faults }: Pick<FieldProps, "text" | "faults">) {
  return (
    <div className="query-marks" aria-hidden>
      {partsOf(text, faults).map(({ from, text: own, fault }) =>
        fault ? <mark key={from}>{own}</mark> : <span key={from}>{own}</span>,
      )}
    </div>
  );
}

/** A text that is longer than the field scrolls within it; its marks scroll along. */
function follow(field: HTMLInputElement): void {
  const marks = field.previousElementSibling;
  if (marks !== null) marks.scrollLeft = field.scrollLeft;
}
