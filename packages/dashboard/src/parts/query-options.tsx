import type { FilterOption } from "@auditflow/contracts";
import { useEffect, useRef } from "react";

interface OptionsProps {
  /** Before the ids of the list and its options. */
  readonly id: string;
  readonly options: readonly FilterOption[];
  readonly active: number;
  readonly take: (option: string) => void;
}

/** What can be written next, each with what it means; chosen by arrow keys and Enter, or by a click. */
export function QueryOptions({ id, options, active, take }: OptionsProps) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: "nearest" });
  }, [active]);
  return (
    <div className="query-options" role="listbox" id={`${id}-options`} aria-label="Completions" ref={list}>
      {options.map(({ text, help }, position) => (
        // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the field, which names the option
        // biome-ignore lint/a11y/useKeyWithClickEvents: the field takes the keys
        <div
          key={text}
          role="option"
          id={`${id}-${position}`}
          aria-selected={position === active}
          className="query-option"
          // The field must keep the focus.
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => take(text)}
        >
          <span className="query-option-text">{text}</span>
          <span className="query-option-help">{help}</span>
        </div>
      ))}
    </div>
  );
}
