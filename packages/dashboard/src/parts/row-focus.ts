import type { KeyboardEvent, RefObject } from "react";
import type { RowVirtualizer } from "./use-virtual-rows.ts";

const arrowSteps: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  ArrowUp: -1,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

/** Goes by that many rows for an arrow key, to the first or last for Home and End; other keys stay as they are. */
export function arrows(event: KeyboardEvent, step: (rows: number) => void): void {
  const by = arrowSteps[event.key];
  if (by === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  step(by);
}

interface Target {
  readonly box: RefObject<HTMLDivElement | null>;
  readonly position: number;
  /** Finds what gets the focus in the box; undefined: there is no such row. */
  readonly selector: string | undefined;
}

/** Brings a row into view and gives it the focus. */
export function focusRow(virtual: RowVirtualizer, { box, position, selector }: Target): void {
  if (selector === undefined) return;
  virtual.scrollToIndex(position, { align: "auto" });
  // A row that was far away is in the page only after the next frame or two.
  const tryFor = (frames: number): void => {
    const link = box.current?.querySelector<HTMLElement>(selector);
    if (link) link.focus({ preventScroll: true });
    else if (frames > 0) requestAnimationFrame(() => tryFor(frames - 1));
  };
  tryFor(5);
}
