import type { Alert } from "@auditflow/contracts";
import { failpoint } from "#failpoint";
import type { GroupCommit, GroupView, Windows } from "../windows/windows.ts";
import type { Confirmations, Revisions } from "./confirmations.ts";
import type { Episode } from "./episode.ts";
import { storedState } from "./group-state.ts";
import { lookStep } from "./group-work.ts";
import type { Draft, Outcome } from "./publication.ts";

/** What was decided about a group, on what. */
export interface Decided {
  readonly key: string;
  /** The group when it was decided. */
  readonly view: Pick<GroupView, "version" | "edition">;
  readonly draft: Draft;
  readonly confirmed: Revisions;
  /** No member that may come can change it: only who commits does. */
  readonly isSettled: boolean;
  /** Nothing is kept of the group. */
  readonly isLast: boolean;
}

/** What concluding needs. */
export interface ConcludeOptions {
  readonly windows: Windows;
  readonly published: Confirmations;
  /** Told of an episode that was never told because another alert suppressed it. */
  readonly suppressed: (episode: Episode) => void;
}

/**
 * Counts what the decisions ask for and commits them. Adds the alerts to be published to `alerts`, and returns the decisions
 * whose group somebody else changed meanwhile.
 */
export async function conclude<D extends Decided>(
  decided: readonly D[],
  alerts: Alert[],
  { windows, published, suppressed }: ConcludeOptions,
): Promise<D[]> {
  if (decided.length === 0) return [];
  const outcomes = await count(decided, windows);
  const current = decided.filter((item) => outcomes.has(item));
  const commits = current.map((item) => commitOf(item, outcomes.get(item)!));
  const taken = commits.length === 0 ? [] : await windows.commit(commits);
  await failpoint("detect.committed", taken);
  const again = decided.filter((item) => !outcomes.has(item));
  for (const [position, item] of current.entries()) {
    if (!taken[position]) {
      again.push(item);
      continue;
    }
    const outcome = outcomes.get(item)!;
    published.settled(item.key, item.confirmed);
    published.claim(item.key, outcome.alerts);
    for (const alert of outcome.alerts) alerts.push(alert);
    for (const episode of outcome.suppressed) suppressed(episode);
  }
  return again;
}

/** Counts what the decisions ask for; those whose group changed meanwhile have no outcome. */
async function count<D extends Decided>(decided: readonly D[], windows: Windows): Promise<Map<D, Outcome>> {
  const outcomes = new Map<D, Outcome>();
  const asking = decided.filter(({ draft }) => draft.ranges.length > 0);
  const views =
    asking.length === 0
      ? []
      : await windows.step(asking.map(({ key, draft }) => lookStep(key, draft.ranges)));
  const viewOf = new Map(asking.map((item, position) => [item, views[position]!]));
  for (const item of decided) {
    const view = viewOf.get(item);
    if (view !== undefined && hasChanged(item, view)) continue;
    outcomes.set(item, item.draft.finish(view?.ranges ?? []));
  }
  return outcomes;
}

function hasChanged({ view, isSettled }: Decided, now: GroupView): boolean {
  return isSettled ? view.edition !== now.edition : view.version !== now.version;
}

function commitOf({ key, view, isSettled, isLast }: Decided, outcome: Outcome): GroupCommit {
  const state = isLast ? undefined : outcome.state;
  const closedTo = state?.waiting?.decidedTo;
  return {
    key,
    version: view.version,
    ...(isSettled ? { edition: view.edition } : {}),
    state: state && storedState(state),
    keepFrom: outcome.keepFrom,
    ...(closedTo === undefined ? {} : { closedTo }),
    dueAt: state && outcome.dueAt,
  };
}
