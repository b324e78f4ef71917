import { Button, Code, Group, Stack, Text, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { getRouteApi } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useEffect } from "react";
import { useChannels } from "../live/use-channels.ts";
import { AddChannel } from "../parts/channel-add.tsx";
import { ChannelTable } from "../parts/channel-table.tsx";
import "../parts/channel.css";
import { DeliveryList } from "../parts/delivery-list.tsx";
import { Section } from "../parts/facts.tsx";
import { Empty, Failure, Loading } from "../parts/states.tsx";

const route = getRouteApi("/channels");

/** Who is told of incidents, by which way, and what became of each notice. */
export function ChannelsPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [opened, { open, close }] = useDisclosure();
  const query = useChannels();
  const channels = query.data ?? [];
  useEffect(() => {
    document.title = "Channels - AuditFlow";
  }, []);
  return (
    <Stack gap="sm">
      <Group justify="space-between" gap="xs">
        <Title order={1}>Channels</Title>
        <Button size="compact-sm" leftSection={<Plus size={13} aria-hidden />} onClick={open}>
          Add a channel
        </Button>
      </Group>
      <Text size="sm" c="dimmed" maw="46rem">
        People are told here when an incident opens and when it gets worse. What does not arrive is tried
        again for a day, then given up in plain sight.
      </Text>
      <Section title="Who is told">
        <Channels query={query} open={open} />
      </Section>
      <DeliveryList
        search={search}
        channels={channels}
        change={(next) => void navigate({ search: next, replace: true })}
      />
      <AddChannel opened={opened} close={close} taken={channels.map(({ name }) => name)} />
    </Stack>
  );
}

interface ChannelsProps {
  readonly query: ReturnType<typeof useChannels>;
  readonly open: () => void;
}

function Channels({ query: { data, error, refetch }, open }: ChannelsProps) {
  return (
    <>
      {error === null ? null : <Failure error={error} retry={() => void refetch()} />}
      {data === undefined && error === null ? <Loading rows={3} height={36} /> : null}
      {data === undefined ? null : data.length === 0 ? (
        <NoChannel open={open} />
      ) : (
        <ChannelTable channels={data} />
      )}
    </>
  );
}

function NoChannel({ open }: { readonly open: () => void }) {
  return (
    <Empty title="Nobody is told yet">
      <Text c="dimmed" ta="center" maw="34rem">
        Add a channel here, or in a terminal: <Code>auditflow channel add slack URL --test</Code>
      </Text>
      <Button size="xs" variant="default" onClick={open}>
        Add a channel
      </Button>
    </Empty>
  );
}
