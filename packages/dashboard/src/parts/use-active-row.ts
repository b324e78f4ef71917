import { type RefObject, useState } from "react";
import { focusRow } from "./row-focus.ts";
import type { RowVirtualizer } from "./use-virtual-rows.ts";

interface VirtualList<Row> {
  readonly rows: readonly Row[];
  readonly idOf: (row: Row) => string;
  readonly box: RefObject<HTMLDivElement | null>;
  readonly virtual: RowVirtualizer;
  /** The attribute in which the link of a row has the id of the row. */
  readonly attribute: string;
}

/** The row of a list that has or had the focus, and how the focus gets to another. */
export interface ActiveRow {
  /** Undefined when it has left the list. */
  readonly active: string | undefined;
  /** Where the active row is, -1 when it has left the list. */
  readonly at: number;
  /** The row whose links the Tab key reaches: the active one, or the first in the page while that is not there. */
  readonly reachable: string | undefined;
  readonly setActive: (id: string) => void;
  /** Gives the focus to the row in that place. */
  readonly focus: (position: number) => void;
  /** Gives the focus to the row that many rows from the active one. */
  readonly step: (by: number) => void;
}

/** Knows which row of a list has or had the focus. */
export function useActiveRow<Row>({ rows, idOf, box, virtual, attribute }: VirtualList<Row>): ActiveRow {
  const [active, setActive] = useState<string>();
  const shown = virtual.getVirtualItems();
  const first = shown[0]?.index ?? 0;
  const at = rows.findIndex((row) => idOf(row) === active);
  const idAt = (position: number): string | undefined => {
    const row = rows[position];
    return row === undefined ? undefined : idOf(row);
  };
  const focus = (position: number): void => {
    const id = idAt(position);
    const selector = id === undefined ? undefined : `[${attribute}="${CSS.escape(id)}"]`;
    focusRow(virtual, { box, position, selector });
  };
  const step = (by: number): void => focus(at < 0 ? first : Math.min(Math.max(at + by, 0), rows.length - 1));
  const reachable = shown.some(({ key }) => key === active) ? active : idAt(first);
  return { active: at < 0 ? undefined : active, at, reachable, setActive, focus, step };
}
