import type { LogLevels } from "@auditflow/contracts";
import { Alert, Group, Paper, Text, Title } from "@mantine/core";
import { CircleCheck, TriangleAlert } from "lucide-react";
import { type LogLevelOrder, useChangeLogLevel, useLogLevels } from "../live/use-log-levels.ts";
import { LogLevelForm } from "./log-level-form.tsx";
import { LogLevelTable } from "./log-level-table.tsx";
import { Failure, Loading } from "./states.tsx";

/** What each process logs, and how to have it log more for a while. */
export function LogLevelPanel() {
  const { data: levels, error, refetch } = useLogLevels();
  const changing = useChangeLogLevel();
  return (
    <Paper component="section" withBorder p="sm" aria-labelledby="log-levels">
      <Group justify="space-between" align="baseline" mb={4}>
        <Title order={2} id="log-levels">
          Log levels
        </Title>
        <Text size="sm" c="dimmed">
          Changed at once, without a restart
        </Text>
      </Group>
      {levels === undefined && error === null ? <Loading rows={3} /> : null}
      {levels === undefined && error !== null ? <Failure error={error} retry={() => void refetch()} /> : null}
      {levels === undefined ? null : (
        <>
          <LogLevelForm levels={levels} changing={changing} />
          <div role="status">
            {changing.error === null ? null : <Failure error={changing.error} />}
            {changing.data === undefined ? null : (
              <Outcome levels={changing.data} order={changing.variables} />
            )}
          </div>
          <LogLevelTable levels={levels} />
        </>
      )}
    </Paper>
  );
}

/** Who did as told, and who did not answer. */
function Outcome({ levels: { processes, silent }, order }: { levels: LogLevels; order: LogLevelOrder }) {
  const done = processes.length === 1 ? "1 process has" : `${processes.length} processes have`;
  const { level, module, for: span } = order.change;
  const what = `${module === undefined ? "" : `${module}: `}${level}${span === undefined ? "" : ` for ${span}`}`;
  const Icon = silent.length === 0 ? CircleCheck : TriangleAlert;
  return (
    <Alert
      color={silent.length === 0 ? "teal" : "yellow"}
      icon={<Icon />}
      title={`${done} applied ${what}`}
      py="xs"
      my="xs"
    >
      {silent.map(({ services, instance, reason }) => (
        <Text size="sm" key={`${services.join()} ${instance ?? ""}`} className="breaks">
          {services.join(", ")}
          {instance === undefined ? "" : ` (${instance})`} did not answer: {reason}
        </Text>
      ))}
    </Alert>
  );
}
