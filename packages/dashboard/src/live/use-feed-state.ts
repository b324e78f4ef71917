import { useSyncExternalStore } from "react";
import { alertFeed, type FeedState } from "./alert-feed.ts";

/** Whether alerts arrive by themselves at this moment. */
export function useFeedState(): FeedState {
  return useSyncExternalStore(
    (changed) => alertFeed.listen({ state: changed }),
    () => alertFeed.state,
  );
}
