import { tellDifference } from "./compare.ts";
import type { Comparison } from "./judge-product.ts";
import type { OracleOptions } from "./options.ts";

/** So many differences of a comparison are told, and of so many comparisons. */
const mostTold = 3;

/** Comparisons of one type, adapter and number of replicas. */
interface Row
  extends Pick<Comparison, "type" | "adapter" | "replicas" | "events" | "late" | "firings" | "alerts"> {
  readonly compared: number;
  readonly equal: number;
}

/** Whether the product gave just what PostgreSQL says. */
export function isEqual({ differences, failure }: Comparison): boolean {
  return failure === undefined && differences.length === 0;
}

/** The first differences, in words. */
export function tellDifferences(comparisons: readonly Comparison[]): string[] {
  return comparisons
    .filter((comparison) => !isEqual(comparison))
    .slice(0, mostTold)
    .flatMap(({ seed, type, adapter, replicas, differences, failure }) => [
      `seed ${seed} ${type} on ${adapter} with ${replicas}: ${failure ?? `${differences.length} alerts differ`}`,
      ...(failure === undefined ? differences.slice(0, mostTold).map(tellDifference) : []),
    ]);
}

/** One row per type, adapter and number of replicas. */
export function rowsOf(comparisons: readonly Comparison[]): Row[] {
  const groups = Map.groupBy(comparisons, ({ type, adapter, replicas }) => `${type} ${adapter} ${replicas}`);
  return Array.from(groups.values(), (group) => {
    const sum = (name: "events" | "late" | "firings" | "alerts"): number =>
      group.reduce((total, comparison) => total + comparison[name], 0);
    const { type, adapter, replicas } = group[0]!;
    return {
      ...{ type, adapter, replicas },
      ...{ events: sum("events"), late: sum("late"), firings: sum("firings"), alerts: sum("alerts") },
      ...{ compared: group.length, equal: group.filter(isEqual).length },
    };
  }).sort((a, b) => (a.type < b.type ? -1 : a.type > b.type ? 1 : 0));
}

/** The rows as a table. */
export function tableOf(rows: readonly Row[]): string {
  const names = ["type", "adapter", "replicas", "events", "late", "firings", "alerts", "equal"] as const;
  const lines = rows.map((row) => names.map((name) => cellOf(row, name)));
  const widths = names.map((name, n) => Math.max(name.length, ...lines.map((line) => line[n]!.length)));
  const written = [[...names], ...lines].map((line) =>
    line.map((cell, n) => (n < 2 ? cell.padEnd(widths[n]!) : cell.padStart(widths[n]!))).join("  "),
  );
  return written.join("\n");
}

function cellOf(row: Row, name: Exclude<keyof Row, "compared">): string {
  return name === "equal" ? `${row.equal}/${row.compared}` : String(row[name]);
}

/** The last line. */
export function summaryOf(comparisons: readonly Comparison[]): string {
  const differ = comparisons.filter((comparison) => !isEqual(comparison)).length;
  return `${comparisons.length} compared, ${differ === 0 ? "all equal" : `${differ} differ`}`;
}

/** Rows that prove nothing, because there is no alert in them. */
export function emptyRows(rows: readonly Row[]): Row[] {
  return rows.filter(({ alerts }) => alerts === 0);
}

/** All of it as one JSON document. */
export function asJson(options: OracleOptions, comparisons: readonly Comparison[]): string {
  const { seeds, events, plant = null } = options;
  const rows = rowsOf(comparisons);
  const differences = comparisons
    .filter((comparison) => !isEqual(comparison))
    .map(({ seed, type, adapter, replicas, failure = null, differences: all }) => ({
      ...{ seed, type, adapter, replicas, failure, alerts: all.length, first: all.slice(0, mostTold) },
    }));
  return JSON.stringify({ seeds, events, plant, compared: comparisons.length, rows, differences });
}
