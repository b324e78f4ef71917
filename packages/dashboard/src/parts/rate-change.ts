import { useQueryClient } from "@tanstack/react-query";
import {
  type GeneratorRate,
  type GeneratorStatus,
  getGetGeneratorRateQueryKey,
  usePutGeneratorRate,
} from "../client/generated/auditflow.ts";

/** Changes of what the generator is told. */
export interface RateChange {
  /** Shows the change at once; when the generator refuses it, what was before is shown again. */
  readonly apply: (change: GeneratorRate) => void;
  /** Why the last change was refused. */
  readonly error: Error | null;
}

/** How the page tells the generator something. */
export function useRateChange(): RateChange {
  const client = useQueryClient();
  const queryKey = getGetGeneratorRateQueryKey();
  const { mutate, error } = usePutGeneratorRate<Error, GeneratorStatus | undefined>({
    mutation: {
      // One after the other: two changes on their way at once could arrive in the wrong order.
      scope: { id: "generator-rate" },
      onMutate: async ({ data }) => {
        await client.cancelQueries({ queryKey });
        const before = client.getQueryData<GeneratorStatus>(queryKey);
        if (before !== undefined) client.setQueryData<GeneratorStatus>(queryKey, { ...before, ...data });
        return before;
      },
      onSuccess: (status) => client.setQueryData<GeneratorStatus>(queryKey, status),
      onError: (_, __, before) => client.setQueryData<GeneratorStatus>(queryKey, before),
    },
  });
  return { apply: (data) => mutate({ data }), error };
}
