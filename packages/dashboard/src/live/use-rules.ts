import type { RuleDetail, RuleList, RuleReload } from "@auditflow/contracts";
import {
  type UseMutationResult,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { call } from "../client/call.ts";

const queryKey = ["/api/v1/rules"];

/** Every so many milliseconds each page asks, and each asking goes to all replicas: less often where answers are large. */
const askEvery = { few: 10_000, many: 30_000 } as const;
const many = 1_000;

/** The rules in force and what every replica counted of them; asked every ten seconds, thousands of rules every thirty. */
export function useRules(): UseQueryResult<RuleList> {
  return useQuery({
    queryKey,
    queryFn: ({ signal }) => call<RuleList>("/api/v1/rules", { signal }),
    refetchInterval: ({ state }) => ((state.data?.rules.length ?? 0) < many ? askEvery.few : askEvery.many),
  });
}

/** What a rule says: its text and where it comes from. */
export function useRuleDetail(ruleId: string): UseQueryResult<RuleDetail> {
  return useQuery({
    queryKey: [...queryKey, ruleId],
    queryFn: ({ signal }) => call<RuleDetail>(`/api/v1/rules/${encodeURIComponent(ruleId)}`, { signal }),
  });
}

/** Has every replica look at its rule files now; the rules are asked anew with the answer. */
export function useReloadRules(): UseMutationResult<RuleReload, Error, void> {
  const client = useQueryClient();
  return useMutation<RuleReload, Error, void>({
    mutationFn: () => call<RuleReload>("/api/v1/rules/reload", { method: "POST" }),
    onSettled: () => client.invalidateQueries({ queryKey }),
  });
}
