import type { LogLevelChange, LogLevelParams, LogLevels, ProcessLogLevel } from "@auditflow/contracts";
import {
  type UseMutationResult,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { call } from "../client/call.ts";

const queryKey = ["/api/v1/services/all/log-level"];

/** What every process logs now, asked every ten seconds: each asking goes to all of them. */
export function useLogLevels(): UseQueryResult<LogLevels> {
  return useQuery({
    queryKey,
    queryFn: ({ signal }) => call<LogLevels>("/api/v1/services/all/log-level", { signal }),
    refetchInterval: 10_000,
    retry: false,
  });
}

/** A change and whom it is for. */
export interface LogLevelOrder extends LogLevelParams {
  readonly change: LogLevelChange;
}

/** Changes the level on every replica of a service; what the processes answer is shown at once. */
export function useChangeLogLevel(): UseMutationResult<LogLevels, Error, LogLevelOrder> {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ service, change }) =>
      call<LogLevels>(`/api/v1/services/${service}/log-level`, {
        method: "PUT",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(change),
      }),
    onSuccess: ({ processes }) =>
      client.setQueryData<LogLevels>(queryKey, (before) =>
        before === undefined ? undefined : { ...before, processes: told(before.processes, processes) },
      ),
  });
}

/** What was known, with what some processes have told anew. */
function told(before: readonly ProcessLogLevel[], anew: readonly ProcessLogLevel[]): ProcessLogLevel[] {
  const byInstance = new Map(before.map((process) => [process.instance, process]));
  for (const process of anew) byInstance.set(process.instance, process);
  return [...byInstance.values()];
}
