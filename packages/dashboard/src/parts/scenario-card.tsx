import { Alert, Button, Code, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { CircleCheck, CircleX, Hourglass, Play } from "lucide-react";
import type { Scenario, ScenarioRun } from "../client/generated/auditflow.ts";
import { useFeedState } from "../live/use-feed-state.ts";
import { PageLink } from "./page-link.tsx";
import { type Run, useScenarioRun } from "./scenario-run.ts";
import { type Arrival, arrivalsOf, rulesAwaited } from "./scenario-watch.ts";
import { Severity } from "./severity.tsx";

/** An attack that can be played: what it is, what must fire, and, once played, what fired and how soon. */
export function ScenarioCard({ scenario }: { readonly scenario: Scenario }) {
  const { name, title, description, events, rules } = scenario;
  const { run, play } = useScenarioRun(name);
  const onItsWay = run !== undefined && run.answer === undefined && run.error === undefined;
  return (
    <Paper component="article" withBorder p="sm" aria-labelledby={name}>
      <Stack gap="xs" h="100%">
        <Group justify="space-between" wrap="nowrap" align="flex-start">
          <Title order={3} id={name}>
            {title}
          </Title>
          <Button
            size="compact-sm"
            loading={onItsWay}
            leftSection={<Play size={13} aria-hidden />}
            aria-label={`Run ${title}`}
            onClick={play}
          >
            Run
          </Button>
        </Group>
        <Text size="sm">{description}</Text>
        <Text size="sm" c="dimmed" component="div">
          {events} synthetic events; must fire:
          <ul className="scenario-rules">
            {rules.map((rule) => (
              <li key={rule}>
                <Code>{rule}</Code>
              </li>
            ))}
          </ul>
        </Text>
        <div role="status">{run === undefined ? null : <Outcome run={run} />}</div>
      </Stack>
    </Paper>
  );
}

function Outcome({ run: { answer, error, arrivals, startedAt, clickedAt } }: { readonly run: Run }) {
  if (error !== undefined) {
    return (
      <Alert color="red" icon={<CircleX />} title="It was not played">
        {error.message}
      </Alert>
    );
  }
  if (answer === undefined) return null;
  // The events of an attack lie up to a minute in the past, so that windows see them spread over time.
  const from = new Date(clickedAt - 60_000).toISOString();
  return (
    <Stack gap={6}>
      <Text size="sm">
        {answer.events} events sent about <b>{answer.user_id}</b> from <b>{answer.client_ip}</b>.{" "}
        <PageLink to="/alerts" search={{ from }} size="sm" underline="always" className="scenario-time">
          Its alerts
        </PageLink>
      </Text>
      {arrivalsOf(answer, arrivals).map((arrival) => (
        <Fired key={arrival.alert.alert_id} arrival={arrival} startedAt={startedAt} />
      ))}
      <Awaited answer={answer} arrivals={arrivals} />
    </Stack>
  );
}

function Fired({
  arrival: { alert, at },
  startedAt,
}: {
  readonly arrival: Arrival;
  readonly startedAt: number;
}) {
  return (
    <Group gap="xs" wrap="nowrap" align="flex-start" justify="space-between">
      <Severity of={alert.severity} />
      <PageLink
        to="/alerts/$alertId"
        params={{ alertId: alert.alert_id }}
        size="sm"
        flex={1}
        underline="always"
      >
        {alert.alert_name}
      </PageLink>
      <Text size="sm" className="scenario-time">
        after {Math.round(at - startedAt)} ms
      </Text>
    </Group>
  );
}

function Awaited({
  answer,
  arrivals,
}: {
  readonly answer: ScenarioRun;
  readonly arrivals: readonly Arrival[];
}) {
  const state = useFeedState();
  const awaited = rulesAwaited(answer, arrivals);
  if (awaited.length === 0) {
    return (
      <Group gap={6} wrap="nowrap" className="scenario-done">
        <CircleCheck size={15} aria-hidden />
        <Text size="sm">Every rule that must fire has fired.</Text>
      </Group>
    );
  }
  return (
    <Group gap={6} wrap="nowrap" align="flex-start">
      <Hourglass size={15} aria-hidden className="status-icon" />
      <Text size="sm">
        {state === "live" ? "Waiting for " : "The live connection is lost; not yet heard of "}
        {awaited.join(", ")}
      </Text>
    </Group>
  );
}
