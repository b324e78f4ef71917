import type { KeyboardEvent } from "react";

/** Where the writer of a query is. */
export interface Writing {
  /** Where the caret is; undefined: nobody writes here. */
  readonly caret: number | undefined;
  /** Whether the options are shown. */
  readonly open: boolean;
  /** The option that the arrow keys chose, -1 for none. */
  readonly active: number;
  /** Enter was pressed on this text: all its faults are shown. */
  readonly asked: boolean;
}

/** Nobody writes. */
export const resting: Writing = { caret: undefined, open: false, active: -1, asked: false };

/** What a key does in the query bar. */
export type KeyAct =
  | { readonly do: "apply" | "leave" | "close" }
  | { readonly do: "take"; readonly option: number }
  | { readonly do: "choose"; readonly option: number };

/** What a key does while so many options are offered; undefined: what it does in any field. */
export function keyAct({ open, active }: Writing, key: string, options: number): KeyAct | undefined {
  const isChosen = open && active >= 0 && active < options;
  if (key === "ArrowDown") return { do: "choose", option: open && active < options - 1 ? active + 1 : 0 };
  if (key === "ArrowUp") return { do: "choose", option: open && active > 0 ? active - 1 : options - 1 };
  if (key === "Enter") return isChosen ? { do: "take", option: active } : { do: "apply" };
  if (key === "Tab") return isChosen ? { do: "take", option: active } : undefined;
  return key === "Escape" ? { do: open ? "close" : "leave" } : undefined;
}

/** Whether a press is a plain key, and not part of a composed sign or a shortcut of the browser. */
export function isPlain({ nativeEvent, ctrlKey, altKey, metaKey, shiftKey }: KeyboardEvent): boolean {
  return !(nativeEvent.isComposing || ctrlKey || altKey || metaKey || shiftKey);
}
