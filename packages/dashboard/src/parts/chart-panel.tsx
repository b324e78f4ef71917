import { Button, Group, Paper, Text, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { ChartLine, Table2 } from "lucide-react";
import { type ReactNode, useId } from "react";
import { Failure, Loading } from "./states.tsx";
import { formatTime } from "./time.tsx";

/** What became of the question for a panel's data. */
export interface PanelQuery {
  readonly data: unknown;
  readonly error: Error | null;
  readonly dataUpdatedAt: number;
  readonly refetch: () => unknown;
}

/** A titled box for one chart, with its numbers as a table for who does not see the canvas or wants to read them. */
export function ChartPanel({
  title,
  query,
  table,
  children,
}: {
  readonly title: string;
  readonly query: PanelQuery;
  readonly table: () => ReactNode;
  readonly children: () => ReactNode;
}) {
  const [asTable, { toggle }] = useDisclosure();
  const id = useId();
  return (
    <Paper component="section" withBorder p="sm" className="chart-panel" aria-labelledby={id}>
      <Group justify="space-between" wrap="nowrap" mb={4}>
        <Title order={2} id={id}>
          {title}
        </Title>
        <Button
          size="compact-xs"
          variant="default"
          aria-pressed={asTable}
          aria-label={`Show ${title} as table`}
          leftSection={asTable ? <ChartLine size={13} aria-hidden /> : <Table2 size={13} aria-hidden />}
          onClick={toggle}
        >
          Table
        </Button>
      </Group>
      <PanelState query={query} />
      {query.data === undefined ? null : children()}
      {asTable && query.data !== undefined ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <section className="chart-table" aria-label={`${title}, as table`} tabIndex={0}>
          {table()}
        </section>
      ) : null}
    </Paper>
  );
}

/** Nothing while all is well; grey rows before the first answer; why there is none, or how old what is seen is. */
export function PanelState({ query }: { readonly query: PanelQuery }) {
  if (query.error === null) return query.data === undefined ? <Loading rows={1} height={222} /> : null;
  if (query.data === undefined) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return (
    <Text size="sm" c="var(--severity-high)" role="status">
      Not refreshed since {formatTime(query.dataUpdatedAt)}: {query.error.message}
    </Text>
  );
}
