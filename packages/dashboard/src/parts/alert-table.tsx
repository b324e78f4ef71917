import { useTable } from "@tanstack/react-table";
import {
  type KeyboardEvent,
  type RefObject,
  useContext,
  useEffect,
  useImperativeHandle,
  useMemo,
  useRef,
} from "react";
import { type AlertRow, alertColumns, alertTableFeatures, ReachableAlert } from "./alert-columns.tsx";
import { arrows } from "./row-focus.ts";
import { RowSpacer } from "./row-spacer.tsx";
import { useActiveRow } from "./use-active-row.ts";
import { Chosen } from "./use-selection.ts";
import { type RowVirtualizer, useVirtualRows } from "./use-virtual-rows.ts";
import "./list-table.css";
import "./alert-table.css";

const scrollId = "alerts";

/** What a page can ask of the table. */
export interface AlertTableHandle {
  /** Gives the focus to the row that many rows from the one that has or had it. */
  readonly step: (rows: number) => void;
  /** The row that has or had the focus, as long as it is in the list. */
  readonly active: () => string | undefined;
  /** Whether new rows would disturb: the reader has scrolled, or is in a row. */
  readonly isBeingRead: () => boolean;
  readonly toTop: () => void;
}

interface TableProps {
  readonly rows: readonly AlertRow[];
  /** Whether the service has more than these rows. */
  readonly more: boolean;
  /** Called when the reader comes near the last row. */
  readonly onNearEnd: () => void;
  readonly box: RefObject<HTMLDivElement | null>;
  readonly handle: RefObject<AlertTableHandle | null>;
}

/** The list as a real table of which only the rows in view are in the page. */
export function AlertTable({ rows, more, onNearEnd, box, handle }: TableProps) {
  const virtual = useVirtualRows({ rows, idOf, box, scrollId });
  const list = { rows, idOf, box, virtual, attribute: "data-alert" };
  const { active, at, reachable, setActive, focus, step } = useActiveRow(list);
  const lastShown = virtual.getVirtualItems().at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && lastShown >= rows.length - 40) onNearEnd();
  }, [more, lastShown, rows.length, onNearEnd]);
  useKeptPlace({ at, rows, onLost: focus });
  useImperativeHandle(handle, () => ({
    step,
    active: () => active,
    isBeingRead: () => isBeingRead(box.current),
    toTop: () => virtual.scrollToOffset(0),
  }));
  return (
    <div className="list-box alert-box" ref={box} data-scroll-restoration-id={scrollId}>
      <ReachableAlert value={reachable}>
        <Rows {...{ rows, more, virtual }} onActive={setActive} onKeyDown={(event) => arrows(event, step)} />
      </ReachableAlert>
    </div>
  );
}

interface RowsProps extends Pick<TableProps, "rows" | "more"> {
  readonly virtual: RowVirtualizer;
  readonly onActive: (alertId: string) => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

function Rows({ rows, more, virtual, onActive, onKeyDown }: RowsProps) {
  const data = useMemo(() => [...rows], [rows]);
  const table = useTable({ features: alertTableFeatures, columns: alertColumns, data, getRowId: idOf });
  const shown = virtual.getVirtualItems();
  const chosen = useContext(Chosen);
  return (
    <table
      className="list-table alert-table"
      aria-rowcount={more ? -1 : rows.length + 1}
      aria-label="Alerts, newest first"
    >
      <thead>
        {table.getHeaderGroups().map((group) => (
          <tr key={group.id} aria-rowindex={1}>
            {group.headers.map((header) => (
              <th key={header.id} scope="col" className={header.column.id}>
                <table.FlexRender header={header} />
              </th>
            ))}
          </tr>
        ))}
      </thead>
      <tbody onKeyDown={onKeyDown}>
        <RowSpacer height={shown[0]?.start ?? 0} />
        {shown.map(({ index }) => {
          const row = table.getRowModel().rows[index];
          return row === undefined ? null : (
            <tr
              key={row.id}
              aria-rowindex={index + 2}
              className={chosen?.isChosen(row.id) ? "chosen" : undefined}
              onFocus={() => onActive(row.id)}
            >
              {row.getAllCells().map((cell) => (
                <td key={cell.id} className={cell.column.id}>
                  <table.FlexRender cell={cell} />
                </td>
              ))}
            </tr>
          );
        })}
        <RowSpacer height={virtual.getTotalSize() - (shown.at(-1)?.end ?? 0)} />
      </tbody>
    </table>
  );
}

interface KeptPlace {
  /** Where the active row is, -1 when it has left the list. */
  readonly at: number;
  readonly rows: readonly AlertRow[];
  readonly onLost: (position: number) => void;
}

/** When the row that has the focus leaves the list, the one that takes its place gets the focus. */
function useKeptPlace({ at, rows, onLost }: KeptPlace): void {
  const last = useRef(-1);
  useEffect(() => {
    if (at >= 0) last.current = at;
    // Nothing has the focus only when what had it has left the page.
    else if (last.current >= 0 && document.activeElement === document.body && rows.length > 0) {
      onLost(Math.min(last.current, rows.length - 1));
      last.current = -1;
    }
  });
}

function idOf({ alert }: AlertRow): string {
  return alert.alert_id;
}

function isBeingRead(box: HTMLDivElement | null): boolean {
  return box !== null && (box.scrollTop > 0 || box.contains(document.activeElement));
}
