import { Button, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getAlerts } from "../client/generated/auditflow.ts";
import { Empty, FirstEvent, Loading } from "./states.tsx";

interface NoneProps {
  /** The list shows what it shows when nobody has chosen anything. */
  readonly usual: boolean;
  /** It shows every alert there is. */
  readonly everything: boolean;
  readonly showAll: () => void;
}

/** What stands in the place of the list while no alert passes the filter: why, and what to do. */
export function AlertNone({ usual, everything, showAll }: NoneProps) {
  const { data: total, isPending } = useQuery({
    queryKey: ["alerts-any"],
    queryFn: async ({ signal }) => (await getAlerts({ limit: 1 }, { signal })).alerts.length,
    enabled: usual,
    retry: false,
  });
  if (everything || (usual && total === 0)) return <FirstEvent />;
  if (usual && isPending) return <Loading rows={3} />;
  return (
    <Empty title={usual ? "Nothing is left to look at" : "No alert passes the filter"}>
      <Text c="dimmed" ta="center">
        {usual ? "Every alert is closed. " : ""}Alerts that match will appear here by themselves.
      </Text>
      <Group>
        <Button size="xs" variant="default" onClick={showAll}>
          {usual ? "Show closed alerts too" : "Clear the filter"}
        </Button>
      </Group>
    </Empty>
  );
}
