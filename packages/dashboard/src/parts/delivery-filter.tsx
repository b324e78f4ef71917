import { Button, Group, NativeSelect } from "@mantine/core";
import type { Channel } from "../client/generated/auditflow.ts";
import { type ChannelsSearch, deliveryStates, readChannelsSearch } from "./channel-search.ts";
import { deliveryLooks } from "./delivery-state.tsx";

interface FilterProps {
  readonly search: ChannelsSearch;
  readonly channels: readonly Channel[];
  readonly change: (search: ChannelsSearch) => void;
}

/** Narrows the deliveries to one channel, to one state. */
export function DeliveryFilter({ search, channels, change }: FilterProps) {
  const set = (part: Readonly<Record<string, string>>): void =>
    change(readChannelsSearch({ ...search, ...part }));
  // A channel that is gone, or that another page's link names, stays in the list while it is chosen.
  const missing =
    search.channel !== undefined && channels.every(({ channel_id }) => channel_id !== search.channel);
  return (
    <Group gap="xs">
      <NativeSelect
        size="xs"
        aria-label="Deliveries of channel"
        value={search.channel ?? ""}
        onChange={(event) => set({ channel: event.currentTarget.value })}
        data={[
          { value: "", label: "All channels" },
          ...channels.map(({ channel_id, name }) => ({ value: channel_id, label: name })),
          ...(missing ? [{ value: search.channel, label: "A removed channel" }] : []),
        ]}
      />
      <NativeSelect
        size="xs"
        aria-label="Deliveries in state"
        value={search.state ?? ""}
        onChange={(event) => set({ state: event.currentTarget.value })}
        data={[
          { value: "", label: "Any state" },
          ...deliveryStates.map((state) => ({ value: state, label: deliveryLooks[state].word })),
        ]}
      />
      {search.channel === undefined && search.state === undefined ? null : (
        <Button size="compact-sm" variant="subtle" onClick={() => change({})}>
          Clear
        </Button>
      )}
    </Group>
  );
}
