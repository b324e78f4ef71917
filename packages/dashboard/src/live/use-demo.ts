import { useGetGeneratorRate } from "../client/generated/auditflow.ts";

/** Whether synthetic events are or were made here; false where no generator runs. */
export function useDemo(): boolean {
  const { data } = useGetGeneratorRate({ query: { refetchInterval: 5_000, retry: false } });
  return data !== undefined && (data.events_per_second > 0 || data.generated > 0);
}
