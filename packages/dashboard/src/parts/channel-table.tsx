import { Group, Table, Text, Tooltip } from "@mantine/core";
import { Bell, BellOff } from "lucide-react";
import { useState } from "react";
import type { Channel } from "../client/generated/auditflow.ts";
import { useChangeChannel, useLastDelivery, useTestChannel } from "../live/use-channels.ts";
import { ChannelActions } from "./channel-actions.tsx";
import { ChannelKind } from "./channel-kind.tsx";
import { RemoveChannel } from "./channel-remove.tsx";
import { TestOutcome } from "./channel-test.tsx";
import { DeliveryState } from "./delivery-state.tsx";
import { atLeast } from "./severity.tsx";
import { Failure } from "./states.tsx";
import { Time } from "./time.tsx";

/** Every channel, what it is told of, whether it works, and what can be done about it. */
export function ChannelTable({ channels }: { readonly channels: readonly Channel[] }) {
  const [removing, setRemoving] = useState<Channel>();
  return (
    <>
      <Table verticalSpacing={6} className="channel-table" aria-label="Channels">
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">Channel</Table.Th>
            <Table.Th scope="col" visibleFrom="lg" className="kind-column">
              Kind
            </Table.Th>
            <Table.Th scope="col" visibleFrom="lg">
              Goes to
            </Table.Th>
            <Table.Th scope="col" visibleFrom="sm" className="told-column">
              Told of
            </Table.Th>
            <Table.Th scope="col" className="state-column">
              State
            </Table.Th>
            <Table.Th scope="col" visibleFrom="lg" className="last-column">
              Last delivery
            </Table.Th>
            <Table.Th scope="col" ta="right" visibleFrom="sm" className="actions-column">
              Actions
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {channels.map((channel) => (
            <ChannelRow key={channel.channel_id} channel={channel} remove={() => setRemoving(channel)} />
          ))}
        </Table.Tbody>
      </Table>
      <RemoveChannel channel={removing} close={() => setRemoving(undefined)} />
    </>
  );
}

interface RowProps {
  readonly channel: Channel;
  readonly remove: () => void;
}

function ChannelRow({ channel, remove }: RowProps) {
  const test = useTestChannel();
  const changing = useChangeChannel();
  const { name, kind, description, min_severity, disabled_reason } = channel;
  const actions = <ChannelActions {...{ channel, remove, test, changing }} />;
  const remarks = !test.isIdle || changing.error !== null || disabled_reason !== null;
  return (
    <>
      <Table.Tr data-channel={name} className={remarks ? "channel-remarked" : ""}>
        <Table.Th scope="row">
          <Text span size="sm" fw={600} className="breaks">
            {name}
          </Text>
          <Text size="xs" c="dimmed" component="div" hiddenFrom="lg" className="channel-receiver">
            <ChannelKind of={kind} />
            <span className="breaks">{description}</span>
          </Text>
          <Text size="xs" c="dimmed" component="div" hiddenFrom="sm" className="channel-receiver">
            {atLeast(min_severity)}
          </Text>
          <Group gap={6} mt={6} hiddenFrom="sm">
            {actions}
          </Group>
        </Table.Th>
        <Table.Td visibleFrom="lg">
          <ChannelKind of={kind} />
        </Table.Td>
        <Table.Td visibleFrom="lg" className="breaks">
          {description}
        </Table.Td>
        <Table.Td visibleFrom="sm">{atLeast(min_severity)}</Table.Td>
        <Table.Td>
          <Switched channel={channel} />
        </Table.Td>
        <Table.Td visibleFrom="lg">
          <Last channelId={channel.channel_id} />
        </Table.Td>
        <Table.Td visibleFrom="sm">
          <Group gap={6} justify="flex-end" wrap="nowrap">
            {actions}
          </Group>
        </Table.Td>
      </Table.Tr>
      {remarks ? <Remarks reason={disabled_reason} test={test} error={changing.error} /> : null}
    </>
  );
}

interface RemarksProps {
  /** Why the channel was switched off by itself. */
  readonly reason: string | null;
  readonly test: ReturnType<typeof useTestChannel>;
  readonly error: Error | null;
}

/** What there is to say about the row above. */
function Remarks({ reason, test, error }: RemarksProps) {
  return (
    <Table.Tr>
      <Table.Td colSpan={7}>
        {reason === null ? null : (
          <Text size="sm" className="breaks channel-reason">
            {reason}
          </Text>
        )}
        {error === null ? null : <Failure error={error} />}
        <TestOutcome test={test} />
      </Table.Td>
    </Table.Tr>
  );
}

function Switched({ channel: { enabled, disabled_reason } }: { readonly channel: Channel }) {
  const Icon = enabled ? Bell : BellOff;
  const color = enabled ? "--status-pass" : disabled_reason === null ? "--status-unknown" : "--status-fail";
  return (
    <Group gap={6} wrap="nowrap" style={{ color: `var(${color})` }}>
      <Icon size={14} aria-hidden className="status-icon" />
      <Text span size="sm" fw={600} inherit>
        {enabled ? "On" : "Off"}
      </Text>
    </Group>
  );
}

function Last({ channelId }: { readonly channelId: string }) {
  const { data, error } = useLastDelivery(channelId);
  if (data === undefined) return <Text size="sm">{error === null ? "…" : "not known"}</Text>;
  if (data === null) {
    return (
      <Text size="sm" c="dimmed">
        None yet
      </Text>
    );
  }
  return (
    <Tooltip label={data.detail ?? data.title} multiline maw={360}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the tooltip must be reachable by keyboard */}
      <div className="channel-last" tabIndex={0}>
        <DeliveryState of={data.state} />
        <Text size="xs" c="dimmed" component="div">
          <Time at={data.settled_at ?? data.created_at} />
        </Text>
      </div>
    </Tooltip>
  );
}
