import { Alert, Button, Code, Group, Stack, Text } from "@mantine/core";
import { KeyRound } from "lucide-react";
import { useEffect, useRef } from "react";
import type { ChannelCreated } from "../client/generated/auditflow.ts";
import type { useTestChannel } from "../live/use-channels.ts";
import { TestButton, TestOutcome } from "./channel-test.tsx";
import { CopyButton } from "./copy-button.tsx";
import { Failure } from "./states.tsx";

interface AddedProps {
  readonly channel: ChannelCreated;
  readonly test: ReturnType<typeof useTestChannel>;
  /** Takes the channel away again and leads back to what was written. */
  readonly takeBack: () => void;
  /** Why that did not work. */
  readonly kept: Error | null;
  readonly close: () => void;
}

/** A channel that was just added: its secret, this once, and whether a test arrives. */
export function ChannelAdded({ channel, test, takeBack, kept, close }: AddedProps) {
  const failed = test.error !== null || (test.data !== undefined && test.data.outcome !== "delivered");
  const top = useRef<HTMLDivElement>(null);
  // The button that had the focus is gone with the form.
  useEffect(() => top.current?.focus(), []);
  return (
    <Stack gap="sm" ref={top} tabIndex={-1} className="channel-added">
      <Text size="sm">
        <b>{channel.name}</b> is added: {channel.description}.
      </Text>
      {channel.secret === undefined ? null : <Secret secret={channel.secret} />}
      <TestOutcome test={test} />
      {kept === null ? null : <Failure error={kept} />}
      <Group justify="flex-end" gap="xs">
        {failed ? (
          <Button size="compact-sm" variant="default" onClick={takeBack}>
            Remove it and change what I wrote
          </Button>
        ) : null}
        <TestButton test={test} channelId={channel.channel_id} />
        <Button size="compact-sm" onClick={close}>
          Done
        </Button>
      </Group>
    </Stack>
  );
}

function Secret({ secret }: { readonly secret: string }) {
  return (
    <Alert
      color="yellow"
      icon={<KeyRound />}
      title="Copy the signing secret now: it is not shown again"
      py="xs"
    >
      <Stack gap={6} align="flex-start">
        <Text size="sm">Your receiver checks with it that a notice is from here.</Text>
        <Code className="breaks mono" data-secret>
          {secret}
        </Code>
        <CopyButton text={secret} label="Copy the secret" />
      </Stack>
    </Alert>
  );
}
