import type { ChannelTest } from "@auditflow/contracts";
import { Alert, Button, Loader, Text } from "@mantine/core";
import type { UseMutationResult } from "@tanstack/react-query";
import { CircleCheck, CircleX, Send, TriangleAlert } from "lucide-react";
import { Failure } from "./states.tsx";

const outcomes = {
  delivered: { title: "The test was delivered", color: "teal", icon: CircleCheck },
  retry: { title: "The test was not delivered; it may work later", color: "yellow", icon: TriangleAlert },
  rejected: {
    title: "The test was refused; it will not work until something is changed",
    color: "red",
    icon: CircleX,
  },
  gone: {
    title: "The receiver says that it is gone and asks never to be called again",
    color: "red",
    icon: CircleX,
  },
} as const;

/** What became of a test notice, in words: while it is sent, once it has arrived, or why it did not. */
export function TestOutcome({ test }: { readonly test: UseMutationResult<ChannelTest, Error, string> }) {
  return (
    <div role="status" className="channel-outcome">
      {test.isPending ? (
        <Text size="sm" c="dimmed" component="div" className="channel-sending">
          <Loader size={14} aria-hidden /> Sending a test and waiting for the answer
        </Text>
      ) : null}
      {test.error === null ? null : <Failure error={test.error} />}
      {test.data === undefined ? null : <Outcome {...test.data} />}
    </div>
  );
}

function Outcome({ outcome, detail, duration_ms }: ChannelTest) {
  const { title, color, icon: Icon } = outcomes[outcome];
  return (
    <Alert color={color} icon={<Icon />} title={title} py="xs">
      <Text size="sm" className="breaks">
        {detail} ({duration_ms.toLocaleString("en-GB")} ms)
      </Text>
    </Alert>
  );
}

interface ButtonProps {
  readonly test: UseMutationResult<ChannelTest, Error, string>;
  readonly channelId: string;
  /** Name of the channel, where the button stands among others. */
  readonly name?: string;
}

/** Sends a test notice. */
export function TestButton({ test, channelId, name }: ButtonProps) {
  return (
    <Button
      size="compact-sm"
      variant="default"
      leftSection={<Send size={13} aria-hidden />}
      disabled={test.isPending}
      onClick={() => test.mutate(channelId)}
      {...(name === undefined ? {} : { "aria-label": `Test: send a notice to ${name}` })}
    >
      {name === undefined ? "Send a test" : "Test"}
    </Button>
  );
}
