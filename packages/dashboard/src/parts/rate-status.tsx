import { Alert, Paper, Table, Text, Title } from "@mantine/core";
import { Hourglass } from "lucide-react";
import type { GeneratorStatus } from "../client/generated/auditflow.ts";
import { formatCount, formatRate } from "./chart-format.ts";

const limits = {
  transport: "The transport does not take the events: those that are due are skipped and counted.",
  backlog: "Too many events wait for detection: the generator holds back until they are fewer.",
} as const;

/** What the generator is told to do against what it does. */
export function RateStatus({ status }: { readonly status: GeneratorStatus }) {
  const { events_per_second, actual_events_per_second, paused, limited_by, backlog } = status;
  const wanted = `${formatRate(events_per_second)} events/s`;
  const rows: readonly (readonly [string, string, string])[] = [
    ["Wanted", paused ? `0 (paused, else ${wanted})` : wanted, "what it is told"],
    ["Reached", `${formatRate(actual_events_per_second)} events/s`, "over the last seconds, 10 at most"],
    ["Generated", formatCount(status.generated), "events the transport took over since the start"],
    ["Skipped", formatCount(status.skipped), "were due and never made"],
    ["Buffered", formatCount(status.buffered), "wait for the transport"],
    [
      "Backlog",
      backlog === null ? "not known" : formatCount(backlog),
      "messages wait for the slowest reader",
    ],
  ];
  return (
    <Paper component="section" withBorder p="sm" h="100%" aria-labelledby="rate-status">
      <Title order={2} id="rate-status" mb="xs">
        What it does
      </Title>
      <Table verticalSpacing={4}>
        <Table.Tbody>
          {rows.map(([name, value, meaning]) => (
            <Table.Tr key={name}>
              <Table.Th scope="row" w={96}>
                {name}
              </Table.Th>
              <Table.Td ta="right" fw={600}>
                {value}
              </Table.Td>
              <Table.Td>
                <Text size="sm" c="dimmed">
                  {meaning}
                </Text>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {limited_by === null ? (
        <Text size="sm" mt="xs" c="dimmed">
          Nothing holds it down.
        </Text>
      ) : (
        <Alert color="yellow" mt="xs" icon={<Hourglass />} title="It is held down" role="status">
          {limits[limited_by]}
        </Alert>
      )}
    </Paper>
  );
}
