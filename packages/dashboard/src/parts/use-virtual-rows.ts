import { useMediaQuery } from "@mantine/hooks";
import { useElementScrollRestoration } from "@tanstack/react-router";
import { useVirtualizer, type Virtualizer } from "@tanstack/react-virtual";
import type { RefObject } from "react";

/** As in the style sheet, in pixels: a phone has two lines a row. */
const rowHeights = { wide: 30, narrow: 50 } as const;

/** What keeps the rows in view of a table in the page. */
export type RowVirtualizer = Virtualizer<HTMLDivElement, Element>;

interface VirtualRows<Row> {
  readonly rows: readonly Row[];
  readonly idOf: (row: Row) => string;
  readonly box: RefObject<HTMLDivElement | null>;
  /** What the box is called where it is remembered how far it was scrolled. */
  readonly scrollId: string;
}

/** Keeps only the rows in view in the page; coming back to the page leads to the same place in them. */
export function useVirtualRows<Row>({ rows, idOf, box, scrollId }: VirtualRows<Row>): RowVirtualizer {
  const narrow = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
  const before = useElementScrollRestoration({ id: scrollId });
  return useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => (narrow ? rowHeights.narrow : rowHeights.wide),
    getItemKey: (index) => {
      const row = rows[index];
      return row === undefined ? index : idOf(row);
    },
    initialOffset: before?.scrollY ?? 0,
    // One row up: the head of the table stays there and would cover the row that has the focus.
    scrollPaddingEnd: rowHeights.wide,
    overscan: 12,
  });
}
