import { type RefObject, useMemo, useRef } from "react";
import { inOrderOf, type RuleRow, shownRows } from "./rule-rows.ts";
import type { RulesSearch } from "./rule-search.ts";

interface HeldOptions {
  readonly rows: readonly RuleRow[];
  /** When the service told of them last: its answer may be the one before, letter for letter. */
  readonly answeredAt: number;
  readonly search: RulesSearch;
  readonly box: RefObject<HTMLDivElement | null>;
}

/**
 * The rows that a search shows. While somebody reads them they stay in their places whatever their numbers become; the
 * next answer after that, and any other search, puts them in order.
 */
export function useHeldRows({ rows, answeredAt, search, box }: HeldOptions): readonly RuleRow[] {
  const { rule: _, ...shown } = search;
  const asked = JSON.stringify(shown);
  const last = useRef<{ readonly asked: string; readonly ids: readonly string[] }>(undefined);
  // biome-ignore lint/correctness/useExhaustiveDependencies: with each answer the reader may have gone
  return useMemo(() => {
    const sorted = shownRows(rows, JSON.parse(asked) as RulesSearch);
    const held = last.current?.asked === asked && isBeingRead(box.current) ? last.current.ids : undefined;
    const next = held === undefined ? sorted : inOrderOf(held, sorted);
    last.current = { asked, ids: next.map(({ rule }) => rule.rule_id) };
    return next;
  }, [rows, answeredAt, asked, box]);
}

function isBeingRead(box: HTMLDivElement | null): boolean {
  const rows = box?.querySelector("tbody");
  if (box === null || rows == null) return false;
  return box.scrollTop > 0 || rows.contains(document.activeElement) || rows.matches(":hover");
}
