import { parseFilter } from "@auditflow/contracts";
import { useEffect, useRef } from "react";

/** Milliseconds after which a list whose span moves along with the time is fetched anew. */
const refreshEvery = 60_000;

/** Whether a filter's span moves along with the time, as in `time:>=now-15m`. */
export function movesAlong(filter: string): boolean {
  const read = parseFilter(filter);
  if (!("filter" in read)) return false;
  return read.filter.terms.some(
    ({ field, not, operator, values: [value] }) =>
      field === "time" &&
      !not &&
      operator.startsWith(">") &&
      typeof value === "object" &&
      value !== null &&
      "ago" in value,
  );
}

/** Calls back once a minute while the span of the filter moves: what has grown too old leaves by no change of its own. */
export function useMovingRange(filter: string, refresh: () => void): void {
  const latest = useRef(refresh);
  useEffect(() => {
    latest.current = refresh;
  });
  const moves = movesAlong(filter);
  useEffect(() => {
    if (!moves) return;
    const timer = setInterval(() => latest.current(), refreshEvery);
    return () => clearInterval(timer);
  }, [moves]);
}
