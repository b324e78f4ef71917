import type { Health } from "@auditflow/contracts";
import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { call } from "../client/call.ts";

/** What the front door says of every service and what it stands on, asked every two seconds. */
export function useHealth(): UseQueryResult<Health> {
  return useQuery({
    queryKey: ["/healthz"],
    queryFn: ({ signal }) => call<Health>("/healthz", { signal }),
    refetchInterval: 2_000,
  });
}
