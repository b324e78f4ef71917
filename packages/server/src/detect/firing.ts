import type { CountCondition } from "@auditflow/sigma";
import type { Run, StoredMember } from "../windows/windows.ts";

/** The greatest k of "count at least k" that windows can decide. */
export const maxThreshold = 1000;

/**
 * The k for which the condition says "count at least k", which more events can never undo, so that it is decided
 * at once. undefined for any other condition: what can be undone has to wait for the group's watermark.
 */
export function thresholdOf({ gt, gte, lt, lte, eq, neq }: CountCondition): number | undefined {
  if ([lt, lte, eq, neq].some((bound) => bound !== undefined)) return undefined;
  if (gt === undefined && gte === undefined) return undefined;
  const least = Math.max(
    1,
    gt === undefined ? 1 : Math.floor(gt) + 1,
    gte === undefined ? 1 : Math.ceil(gte),
  );
  return least <= maxThreshold ? least : undefined;
}

/**
 * The members of a run, from `run.from` on, whose closed window `[at - span, at]` holds at least `threshold`
 * members; ties at `at` count for each other. In order of (at, id).
 */
export function firingsIn(run: Run, threshold: number, span: number): StoredMember[] {
  const { members, from } = run;
  const firings: StoredMember[] = [];
  let start = 0;
  let end = 0;
  for (const member of members) {
    while (members[start]!.at < member.at - span) start += 1;
    while (end < members.length && members[end]!.at <= member.at) end += 1;
    if (member.at >= from && end - start >= threshold) firings.push(member);
  }
  return firings;
}
