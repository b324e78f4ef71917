import { Alert, Button, Text } from "@mantine/core";
import { CircleCheck, RotateCw, TriangleAlert } from "lucide-react";
import type { useReloadRules } from "../live/use-rules.ts";
import { reloadTold } from "./rule-set-state.ts";
import { Failure } from "./states.tsx";

type Reloading = ReturnType<typeof useReloadRules>;

/** Has every replica look at its rule files now, rather than when it sees a change. */
export function ReloadButton({ reloading }: { readonly reloading: Reloading }) {
  return (
    <Button
      size="compact-sm"
      variant="default"
      leftSection={<RotateCw size={13} aria-hidden />}
      loading={reloading.isPending}
      title="Have every replica look at its rule files now"
      onClick={() => reloading.mutate()}
    >
      Reload
    </Button>
  );
}

/** What came of a reload, until somebody has read it. */
export function ReloadOutcome({ reloading: { data, error, reset } }: { readonly reloading: Reloading }) {
  const told = data === undefined ? undefined : reloadTold(data);
  return (
    <div role="status" className="rule-reload">
      {error === null ? null : <Failure error={error} />}
      {told === undefined ? null : (
        <Alert
          color={told.good ? "teal" : "yellow"}
          icon={told.good ? <CircleCheck /> : <TriangleAlert />}
          title={told.title}
          py="xs"
          withCloseButton
          closeButtonLabel="All right"
          onClose={reset}
        >
          {told.lines.map((line) => (
            <Text size="sm" key={line} className="breaks">
              {line}
            </Text>
          ))}
        </Alert>
      )}
    </div>
  );
}
