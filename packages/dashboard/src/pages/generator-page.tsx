import { Alert, Grid, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { FlaskConical } from "lucide-react";
import {
  type GeneratorStatus,
  type ScenarioList,
  useGetGeneratorRate,
  useGetGeneratorScenarios,
} from "../client/generated/auditflow.ts";
import { RateAbsent } from "../parts/rate-absent.tsx";
import { RateControl } from "../parts/rate-control.tsx";
import { RateStatus } from "../parts/rate-status.tsx";
import { ScenarioCard } from "../parts/scenario-card.tsx";
import { Failure, Loading } from "../parts/states.tsx";

/** Synthetic events on demand: at a rate, and as attacks. */
export function GeneratorPage() {
  const {
    data: status,
    error,
    refetch,
  } = useGetGeneratorRate<GeneratorStatus, Error>({
    query: { refetchInterval: 1_000, retry: false },
  });
  return (
    <Stack gap="sm">
      <Title order={1}>Generator</Title>
      <Alert color="yellow" icon={<FlaskConical size={18} aria-hidden />} py="xs">
        <Text size="sm">
          <b>All events made here are synthetic.</b> They pass through detection like real ones and raise
          alerts, and each is marked as synthetic for good.
        </Text>
      </Alert>
      {error === null ? null : <RateAbsent error={error} retry={() => void refetch()} />}
      {status === undefined && error === null ? <Loading rows={1} height={260} /> : null}
      {status === undefined || error !== null ? null : (
        <Grid gap="sm">
          <Grid.Col span={{ base: 12, md: 7 }}>
            <RateControl status={status} />
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 5 }}>
            <RateStatus status={status} />
          </Grid.Col>
        </Grid>
      )}
      {error === null ? <Scenarios /> : null}
    </Stack>
  );
}

function Scenarios() {
  const { data, error, refetch } = useGetGeneratorScenarios<ScenarioList, Error>({
    query: { staleTime: 60_000 },
  });
  return (
    <Stack gap="sm" component="section" aria-labelledby="scenarios">
      <Title order={2} id="scenarios">
        Attacks to play
      </Title>
      {error === null ? null : <Failure error={error} retry={() => void refetch()} />}
      {data === undefined && error === null ? <Loading rows={1} height={140} /> : null}
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="sm">
        {data?.scenarios.map((scenario) => (
          <ScenarioCard key={scenario.name} scenario={scenario} />
        ))}
      </SimpleGrid>
    </Stack>
  );
}
