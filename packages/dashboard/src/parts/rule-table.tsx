import { ArrowDown, ArrowUp, ChevronsUpDown } from "lucide-react";
import { type RefObject, useEffect, useImperativeHandle, useState } from "react";
import { arrows } from "./row-focus.ts";
import { RowSpacer } from "./row-spacer.tsx";
import { type RuleColumn, ruleColumns } from "./rule-columns.tsx";
import type { RuleRow } from "./rule-rows.ts";
import { orderOf, type RuleSort, type RulesSearch } from "./rule-search.ts";
import { useActiveRow } from "./use-active-row.ts";
import { type RowVirtualizer, useVirtualRows } from "./use-virtual-rows.ts";
import "./facts.css";
import "./list-table.css";
import "./rule-table.css";

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
  const virtual = useVirtualRows({ rows, idOf, box, scrollId });
  const { reachable, setActive, step } = useActiveRow({ rows, idOf, box, virtual, attribute: "data-rule" });
  const shown = virtual.getVirtualItems();
  useImperativeHandle(handle, () => ({ step }));
  useTop(virtual, JSON.stringify({ ...search, rule: undefined }));
  return (
    <div className="list-box rule-box" ref={box} data-scroll-restoration-id={scrollId}>
      <table className="list-table rule-table" aria-rowcount={rows.length + 1} aria-label="Rules">
        <Head search={search} sort={sort} />
        <tbody onKeyDown={(event) => arrows(event, step)}>
          <RowSpacer height={shown[0]?.start ?? 0} />
          {shown.map(({ index }) => {
            const row = rows[index];
            if (row === undefined) return null;
            const id = idOf(row);
            return (
              <Row key={id} {...{ row, index, search }} reachable={id === reachable} onActive={setActive} />
            );
          })}
          <RowSpacer height={virtual.getTotalSize() - (shown.at(-1)?.end ?? 0)} />
        </tbody>
      </table>
    </div>
  );
}

function idOf({ rule }: RuleRow): string {
  return rule.rule_id;
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
  const id = idOf(row);
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
