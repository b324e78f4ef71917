import { Button, Group, Stack, Text } from "@mantine/core";
import type { Channel } from "../client/generated/auditflow.ts";
import { useRemoveChannel } from "../live/use-channels.ts";
import { Dialog } from "./dialog.tsx";
import { Failure } from "./states.tsx";

interface RemoveProps {
  /** undefined: none is to be removed. */
  readonly channel: Channel | undefined;
  readonly close: () => void;
}

/** Asks before a channel is taken away, and says what goes with it. */
export function RemoveChannel({ channel, close }: RemoveProps) {
  return (
    <Dialog title={`Remove ${channel?.name ?? ""}?`} opened={channel !== undefined} close={close}>
      {channel === undefined ? null : <Question channel={channel} close={close} />}
    </Dialog>
  );
}

function Question({ channel, close }: { readonly channel: Channel; readonly close: () => void }) {
  const removing = useRemoveChannel();
  return (
    <Stack gap="sm">
      <Text size="sm">
        Nobody will be told by {channel.description} any more. Deliveries that wait for it are cancelled; the
        list of past ones stays. Its settings are not kept: to rest it for a while, disable it.
      </Text>
      {removing.error === null ? null : <Failure error={removing.error} />}
      <Group justify="flex-end" gap="xs">
        <Button size="sm" variant="default" onClick={close}>
          Keep it
        </Button>
        <Button
          size="sm"
          color="red"
          loading={removing.isPending}
          onClick={() => removing.mutate(channel.channel_id, { onSuccess: close })}
        >
          Remove the channel
        </Button>
      </Group>
    </Stack>
  );
}
