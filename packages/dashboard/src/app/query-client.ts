import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ProblemError } from "../client/call.ts";
import { signInWish } from "../live/sign-in-wish.ts";

function heedRefusal(error: Error): void {
  if (error instanceof ProblemError && error.status === 401) signInWish.ask(error.message);
}

/** What the service refused will be refused again; what did not arrive may arrive the next time. */
export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: heedRefusal }),
  mutationCache: new MutationCache({
    onError: (...[error, , , mutation]) => {
      // Signing in itself says at its field what was wrong.
      if (mutation.meta?.["ownRefusal"] !== true) heedRefusal(error);
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 1_000,
      refetchOnWindowFocus: true,
      networkMode: "always",
      retry: (failures, error) => failures < 2 && !(error instanceof ProblemError && error.status < 500),
      retryDelay: (failures) => 500 * 2 ** failures,
    },
    mutations: { networkMode: "always" },
  },
});
