import { Button, Group, Text } from "@mantine/core";
import type { Channel } from "../client/generated/auditflow.ts";
import { useDeliveries } from "../live/use-deliveries.ts";
import type { ChannelsSearch } from "./channel-search.ts";
import { DeliveryFilter } from "./delivery-filter.tsx";
import { DeliveryTable } from "./delivery-table.tsx";
import { Section } from "./facts.tsx";
import { Failure, Loading } from "./states.tsx";

interface ListProps {
  readonly search: ChannelsSearch;
  readonly channels: readonly Channel[];
  readonly change: (search: ChannelsSearch) => void;
}

/** What was told to whom, and what became of it. */
export function DeliveryList({ search, channels, change }: ListProps) {
  const query = useDeliveries(search);
  const { data, error, hasNextPage, isFetchingNextPage } = query;
  const deliveries = data?.pages.flatMap((page) => page.deliveries) ?? [];
  const narrowed = search.channel !== undefined || search.state !== undefined;
  return (
    <Section title="Deliveries" aside={<DeliveryFilter {...{ search, channels, change }} />}>
      {error === null ? null : <Failure error={error} retry={() => void query.refetch()} />}
      {data === undefined && error === null ? <Loading rows={4} /> : null}
      {data !== undefined && deliveries.length === 0 ? (
        <Text size="sm" c="dimmed" py="sm">
          {narrowed ? "No delivery is like that." : "Nobody was told of anything yet."}
        </Text>
      ) : null}
      {deliveries.length === 0 ? null : (
        <>
          <DeliveryTable deliveries={deliveries} />
          <Group gap="sm" mt="xs">
            <Text size="sm" c="dimmed">
              {deliveries.length.toLocaleString("en-GB")} loaded,{" "}
              {hasNextPage ? "more below" : "all there are"}
            </Text>
            {hasNextPage ? (
              <Button
                size="compact-sm"
                variant="default"
                loading={isFetchingNextPage}
                onClick={() => void query.fetchNextPage()}
              >
                Load more
              </Button>
            ) : null}
          </Group>
        </>
      )}
    </Section>
  );
}
