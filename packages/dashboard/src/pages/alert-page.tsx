import { Anchor, Stack, Text, Title } from "@mantine/core";
import { getRouteApi, Link, useRouter } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { ProblemError } from "../client/call.ts";
import { undoLast } from "../live/undo.ts";
import { useOneAlert } from "../live/use-alerts-one.ts";
import type { SeenAlert } from "../live/use-decisions.ts";
import { AlertActions, AlertHistory } from "../parts/alert-actions.tsx";
import { AlertDetail } from "../parts/alert-detail.tsx";
import { BackToAlerts } from "../parts/alert-header.tsx";
import { Keys } from "../parts/alert-keys.tsx";
import { Failure, Loading } from "../parts/states.tsx";
import type { TriageHandle } from "../parts/triage-actions.tsx";

const route = getRouteApi("/alerts/$alertId");

const help = [
  { key: "a", does: "acknowledge the alert" },
  { key: "c", does: "close it, with a reason" },
  { key: "m", does: "assign it" },
  { key: "u", does: "undo what was done last" },
  { key: "Esc", does: "go back" },
];

/** One alert: why it fired, on what evidence, and all that is known of it. */
export function AlertPage() {
  const { alertId } = route.useParams();
  const router = useRouter();
  const { data: alert, error, refetch } = useOneAlert(alertId);
  const actions = useRef<TriageHandle>(null);
  const name = alert?.alert_name ?? "Alert";
  useEffect(() => {
    document.title = `${name} - AuditFlow`;
  }, [name]);
  const back = (): void => {
    if (router.history.canGoBack()) router.history.back();
    else void router.navigate({ to: "/alerts" });
  };
  return (
    <Stack gap="sm">
      <div className="alert-top">
        <BackToAlerts />
        <Keys
          help={help}
          shortcuts={{
            a: () => actions.current?.start("acknowledge"),
            c: () => actions.current?.start("close"),
            m: () => actions.current?.start("assign"),
            u: () => void undoLast(),
            Escape: back,
          }}
        />
      </div>
      {error === null ? null : isUnknown(error) ? (
        <NoSuchAlert alertId={alertId} />
      ) : (
        <Failure error={error} retry={() => void refetch()} />
      )}
      {alert === undefined ? (
        <Pending shown={error === null} />
      ) : (
        <AlertDetail
          alert={alert}
          actions={
            alert.merged_into === undefined ? (
              <AlertActions alert={alert} read={() => readAgain(refetch)} handle={actions} />
            ) : null
          }
          history={<AlertHistory alert={alert} />}
        />
      )}
    </Stack>
  );
}

async function readAgain(refetch: ReturnType<typeof useOneAlert>["refetch"]): Promise<SeenAlert> {
  const { data } = await refetch({ throwOnError: true });
  if (data === undefined) throw new Error("The alert cannot be read");
  return data;
}

/** An id that the service knows not, or that cannot be one. */
function isUnknown(error: unknown): boolean {
  return error instanceof ProblemError && [400, 404, 422].includes(error.status);
}

function Pending({ shown }: { readonly shown: boolean }) {
  return shown ? (
    <>
      <Title order={1}>Alert</Title>
      <Loading rows={10} />
    </>
  ) : null;
}

function NoSuchAlert({ alertId }: { readonly alertId: string }) {
  return (
    <Stack align="center" gap="xs" py="xl">
      <Title order={1}>There is no such alert</Title>
      <Text c="dimmed" ta="center" className="breaks">
        No alert has the id {alertId}. The link may be mistyped, or from another installation.
      </Text>
      <Anchor renderRoot={(props) => <Link to="/alerts" {...props} />}>Go to the alerts</Anchor>
    </Stack>
  );
}
