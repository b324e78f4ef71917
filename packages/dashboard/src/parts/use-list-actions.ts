import type { ActionRequest } from "@auditflow/contracts";
import { alertFeed } from "../live/alert-feed.ts";
import { type Target, useDecisions } from "../live/use-decisions.ts";
import { countAll } from "./bulk-bar.tsx";
import { type ChosenAlerts, mostByHand } from "./use-selection.ts";

interface ListActionsOptions {
  readonly chosen: ChosenAlerts;
  /** The whole filter of the list. */
  readonly filter: string;
  /** Fetches the list anew. */
  readonly restart: () => Promise<void>;
}

/** What the list can do to its alerts. */
export interface ListActions {
  readonly busy: boolean;
  /** Acts on what is chosen, or on one alert where nothing is. */
  readonly act: (deed: ActionRequest, otherwise?: string) => Promise<void>;
}

/** Acts on the alerts that are chosen in the list. */
export function useListActions({ chosen, filter, restart }: ListActionsOptions): ListActions {
  const { busy, act: decide } = useDecisions();
  const act = async (deed: ActionRequest, otherwise?: string): Promise<void> => {
    const target = targetOf(chosen, filter, otherwise);
    if (busy || target === undefined) return;
    const isDone = await decide(deed, target);
    if (isDone) {
      chosen.clear();
      // The stream brings single changes by itself; of many it would only say that there were too many.
      if ("selection" in target || alertFeed.state !== "live") await restart();
    } else if ("selection" in target) {
      // Mostly there are more or fewer by now: whoever tries again decides on the new number.
      const counted = await countAll(filter).catch(() => undefined);
      if (counted !== undefined) chosen.chooseAll(counted);
    }
  };
  return { busy, act };
}

function targetOf({ all, ids }: ChosenAlerts, filter: string, otherwise?: string): Target | undefined {
  if (all !== undefined) return { selection: { filter, as_of: all.asOf, expected_count: all.total } };
  if (ids.length > mostByHand) return undefined;
  if (ids.length > 0) return { alert_ids: ids };
  return otherwise === undefined ? undefined : { alert_ids: [otherwise] };
}
