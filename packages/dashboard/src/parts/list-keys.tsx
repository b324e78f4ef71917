import type { RefObject } from "react";
import { type KeyHelp, Keys } from "./alert-keys.tsx";
import type { Shortcuts } from "./alert-shortcuts.ts";

/** What the keys of every list lead to. */
export interface ListPlaces {
  readonly table: RefObject<{ readonly step: (rows: number) => void } | null>;
  readonly input: RefObject<HTMLInputElement | null>;
}

interface ListKeysProps extends ListPlaces {
  readonly help: readonly KeyHelp[];
  /** What the keys do beside going up and down the list and to its field. */
  readonly more: Shortcuts;
}

/** The keys of a page whose list has a field that narrows it. */
export function ListKeys({ table, input, help, more }: ListKeysProps) {
  return (
    <Keys
      help={help}
      shortcuts={{
        j: () => table.current?.step(1),
        k: () => table.current?.step(-1),
        "/": () => input.current?.focus(),
        ...more,
      }}
    />
  );
}

/** Takes the focus out of the list, so that it may change under the reader again. */
export function leaveList(): void {
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
}
