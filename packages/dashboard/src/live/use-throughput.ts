import { keepPreviousData, type UseQueryResult, useQuery } from "@tanstack/react-query";
import { getServicesThroughput, type Throughput } from "../client/generated/auditflow.ts";
import { type ChartRange, spanOfWholeBuckets } from "../parts/chart-range.ts";
import { newestRate, recentSpan } from "./use-throughput-now.ts";

const everyTwoSeconds = { refetchInterval: 2_000, placeholderData: keepPreviousData };

/** Events per bucket over the range, whole buckets only, asked every two seconds. */
export function useThroughput(range: ChartRange): UseQueryResult<Throughput> {
  return useQuery({
    queryKey: ["throughput", range],
    queryFn: ({ signal }) => getServicesThroughput(spanOfWholeBuckets(range, Date.now()), { signal }),
    ...everyTwoSeconds,
  });
}

/** Events per second over the last ten seconds, null while no service reports; asked every two seconds. */
export function useEventRate(): UseQueryResult<ReturnType<typeof newestRate>> {
  return useQuery({
    queryKey: ["throughput", "now"],
    queryFn: async ({ signal }) => {
      const span = recentSpan(Date.now());
      return newestRate(await getServicesThroughput(span, { signal }));
    },
    ...everyTwoSeconds,
  });
}
