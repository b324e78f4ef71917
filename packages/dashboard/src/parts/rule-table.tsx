import { useMediaQuery } from "@mantine/hooks";
import { useElementScrollRestoration } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp, ChevronsUpDown } from "lucide-react";
import { type RefObject, useEffect, useImperativeHandle, useState } from "react";
import { arrows, focusRow, type RowVirtualizer } from "./row-focus.ts";
import { type RuleColumn, ruleColumns } from "./rule-columns.tsx";
import type { RuleRow } from "./rule-rows.ts";
import { orderOf, type RuleSort, type RulesSearch } from "./rule-search.ts";
import "./facts.css";
import "./rule-table.css";

/** As in the style sheet, in pixels: a phone has two lines a row. */
const rowHeights = { wide: 30, narrow: 50 } as const;
const scrollId = "rules";

/** What a page can ask of the table. */
export interface RuleTableHandle {
  /** Gives the focus to the row that many rows from the one that has or had it. */
  readonly step: (rows: number) => void;
}

interface TableProps {
  readonly rows: readonly RuleRow[];
  readonly search: RulesSearch;
  /** Asked for with a click on the head of a column. */
  readonly sort: (by: RuleSort) => void;
  readonly box: RefObject<HTMLDivElement | null>;
  readonly handle: RefObject<RuleTableHandle | null>;
}

/** The rules as a real table of which only the rows in view are in the page. */
export function RuleTable({ rows, search, sort, box, handle }: TableProps) {
  const narrow = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
  const virtual = useRows(rows, box, narrow ? rowHeights.narrow : rowHeights.wide);
  const [active, setActive] = useState<string>();
  const shown = virtual.getVirtualItems();
  const at = rows.findIndex(({ rule }) => rule.rule_id === active);
  const step = (by: number): void => {
    const next = at < 0 ? (shown[0]?.index ?? 0) : Math.min(Math.max(at + by, 0), rows.length - 1);
    const id = rows[next]?.rule.rule_id;
    const selector = id === undefined ? undefined : `[data-rule="${CSS.escape(id)}"]`;
    focusRow(virtual, { box, position: next, selector });
  };
  useImperativeHandle(handle, () => ({ step }));
  useTop(virtual, JSON.stringify({ ...search, rule: undefined }));
  const inPage = shown.some(({ key }) => key === active);
  const reachable = inPage ? active : rows[shown[0]?.index ?? 0]?.rule.rule_id;
  return (
    <div className="rule-box" ref={box} data-scroll-restoration-id={scrollId}>
      <table className="rule-table" aria-rowcount={rows.length + 1} aria-label="Rules">
        <Head search={search} sort={sort} />
        <tbody onKeyDown={(event) => arrows(event, step)}>
          <Spacer height={shown[0]?.start ?? 0} />
          {shown.map(({ index }) => {
            const row = rows[index];
            if (row === undefined) return null;
            const id = row.rule.rule_id;
            return (
              <Row key={id} {...{ row, index, search }} reachable={id === reachable} onActive={setActive} />
            );
          })}
          <Spacer height={virtual.getTotalSize() - (shown.at(-1)?.end ?? 0)} />
        </tbody>
      </table>
    </div>
  );
}

/** Another search begins at its first row; coming back to a page does not. */
function useTop(virtual: RowVirtualizer, asked: string): void {
  const [before, setBefore] = useState(asked);
  useEffect(() => {
    if (before === asked) return;
    setBefore(asked);
    virtual.scrollToOffset(0);
  }, [before, asked, virtual]);
}

interface RowProps {
  readonly row: RuleRow;
  readonly index: number;
  readonly search: RulesSearch;
  readonly reachable: boolean;
  readonly onActive: (ruleId: string) => void;
}

function Row({ row, index, search, reachable, onActive }: RowProps) {
  const { rule_id: id } = row.rule;
  return (
    <tr
      aria-rowindex={index + 2}
      className={search.rule === id ? "chosen" : undefined}
      onFocus={() => onActive(id)}
    >
      {ruleColumns.map((column) => (
        <td key={column.id} className={column.id}>
          {column.cell(row, { reachable, search })}
        </td>
      ))}
    </tr>
  );
}

function Head({ search, sort }: Pick<TableProps, "search" | "sort">) {
  const order = orderOf(search);
  return (
    <thead>
      <tr aria-rowindex={1}>
        {ruleColumns.map((column) => (
          <SortHead
            key={column.id}
            column={column}
            sorted={order.by === column.id ? (order.descending ? "descending" : "ascending") : "none"}
            sort={sort}
          />
        ))}
      </tr>
    </thead>
  );
}

const sortIcons = { ascending: ArrowUp, descending: ArrowDown, none: ChevronsUpDown } as const;

interface SortProps extends Pick<TableProps, "sort"> {
  readonly column: RuleColumn;
  readonly sorted: keyof typeof sortIcons;
}

function SortHead({ column: { id, head, help }, sorted, sort }: SortProps) {
  const Icon = sortIcons[sorted];
  return (
    <th scope="col" className={id} aria-sort={sorted}>
      <button
        type="button"
        className={`rule-sort ${sorted}`}
        title={help ?? `Sort by ${head.toLowerCase()}`}
        onClick={() => sort(id)}
      >
        {head}
        <Icon size={12} aria-hidden />
      </button>
    </th>
  );
}

function useRows(
  rows: readonly RuleRow[],
  box: RefObject<HTMLDivElement | null>,
  height: number,
): RowVirtualizer {
  const before = useElementScrollRestoration({ id: scrollId });
  return useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => height,
    getItemKey: (index) => rows[index]?.rule.rule_id ?? index,
    initialOffset: before?.scrollY ?? 0,
    // One row up: the head of the table stays there and would cover the row that has the focus.
    scrollPaddingEnd: rowHeights.wide,
    overscan: 12,
  });
}

/** Takes the room of the rows that are not in the page. */
function Spacer({ height }: { readonly height: number }) {
  return height <= 0 ? null : <tr aria-hidden className="rule-spacer" style={{ height }} />;
}
