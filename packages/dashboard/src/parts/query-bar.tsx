import type { FilterFieldName, FilterOption } from "@auditflow/contracts";
import { Button, Kbd } from "@mantine/core";
import { Search } from "lucide-react";
import { type KeyboardEvent, type RefObject, useId, useMemo, useState } from "react";
import "./query-bar.css";
import { QueryFaults } from "./query-faults.tsx";
import { QueryField } from "./query-field.tsx";
import { isPlain, keyAct, resting } from "./query-keys.ts";
import { QueryOptions } from "./query-options.tsx";
import { accept, completionAt, faultsOf, faultsToShow } from "./query-text.ts";
import type { QueryText } from "./use-query-text.ts";

interface BarProps {
  readonly query: QueryText;
  /** Values that alerts have, to be offered for a field. */
  readonly valuesOf: (field: FilterFieldName) => readonly FilterOption[];
  readonly input: RefObject<HTMLInputElement | null>;
}

/** One line for a filter: completes what is written, marks what is wrong, and asks when Enter is pressed. */
export function QueryBar({ query, valuesOf, input }: BarProps) {
  const { text, setText, applied } = query;
  const [own, write] = useState(resting);
  const id = useId();
  const { caret = text.length, asked } = own;
  const shown = useMemo(() => faultsToShow(faultsOf(text), own.caret, asked), [text, own.caret, asked]);
  const { options, ...place } = useMemo(() => completionAt(text, caret, valuesOf), [text, caret, valuesOf]);
  const writing = { ...own, open: own.open && options.length > 0 };
  const take = (option: string): void => {
    const next = accept(text, place, option);
    setText(next.text);
    write({ ...resting, caret: next.caret, open: true });
    // React writes the text first, which moves the caret to its end.
    requestAnimationFrame(() => input.current?.setSelectionRange(next.caret, next.caret));
  };
  const apply = (): void => write({ ...resting, caret, asked: !query.apply() });
  const press = (event: KeyboardEvent): void => {
    const act = isPlain(event) ? keyAct(writing, event.key, options.length) : undefined;
    if (act === undefined) return;
    event.preventDefault();
    if (act.do === "take") take(options[act.option]?.text ?? "");
    else if (act.do === "choose") write({ ...writing, open: true, active: act.option });
    else if (act.do === "close") write({ ...writing, open: false, active: -1 });
    else if (act.do === "apply") apply();
    else {
      setText(applied);
      input.current?.blur();
    }
  };
  return (
    <div className="query">
      <div className="query-line" data-fault={shown.length > 0 || undefined}>
        <Search size={15} aria-hidden className="query-icon" />
        <QueryField {...{ id, input, text, setText, writing, write, press }} faults={shown} />
        {text.trim() === applied.trim() ? (
          <Kbd className="query-key" aria-hidden>
            /
          </Kbd>
        ) : (
          <Button size="compact-sm" onClick={apply}>
            Apply
          </Button>
        )}
      </div>
      {writing.open ? (
        <QueryOptions key={place.from} {...{ id, options, take }} active={writing.active} />
      ) : null}
      <QueryFaults id={`${id}-faults`} text={text} faults={shown} />
    </div>
  );
}
