import { useThrottledCallback } from "@mantine/hooks";
import { type QueryClient, type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { alertFeed } from "./alert-feed.ts";

/**
 * Asks again for what lies under the key whenever an alert arrives, at once and then at most once a second, and
 * whenever the live connection is back: what came meanwhile is then caught up with. The key must be a constant.
 */
export function useFeedRefresh(queryKey: QueryKey): void {
  const client = useQueryClient();
  const refresh = useThrottledCallback(() => void askAgain(client, queryKey), 1_000);
  useEffect(() => {
    const state = (now: string): void => {
      if (now === "live") refresh();
    };
    return alertFeed.listen({ alert: () => refresh(), state });
  }, [refresh]);
}

/** A question under way is never cut off, else a slow service would never be heard; it is asked anew after it. */
async function askAgain(client: QueryClient, queryKey: QueryKey): Promise<void> {
  const underWay = client.isFetching({ queryKey }) > 0;
  await client.invalidateQueries({ queryKey }, { cancelRefetch: false });
  if (underWay) await client.invalidateQueries({ queryKey }, { cancelRefetch: false });
}
