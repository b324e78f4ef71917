import { Alert, Button, Code, CopyButton, Group, Skeleton, Stack, Text, Title } from "@mantine/core";
import { Check, Copy, Send, Unplug } from "lucide-react";
import type { ReactNode } from "react";
import { ProblemError } from "../client/call.ts";
import { useSession } from "../live/use-session.ts";

/** While the first answer is on its way: grey rows where the content will stand. */
export function Loading({ rows = 6, height = 26 }: { readonly rows?: number; readonly height?: number }) {
  return (
    <Stack gap={6} aria-busy="true" aria-label="Loading" role="status">
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all the same
        <Skeleton key={row} height={height} />
      ))}
    </Stack>
  );
}

/** What could not be had, why, and what to do about it. */
export function Failure({ error, retry }: { readonly error: Error; readonly retry?: () => void }) {
  const problem = error instanceof ProblemError ? error : undefined;
  return (
    <Alert color="red" icon={<Unplug />} title={error.message} role="alert">
      <Stack gap="xs" align="flex-start">
        {problem?.fix === undefined ? null : <Text size="sm">{problem.fix}</Text>}
        {problem?.requestId === undefined ? null : (
          <Text size="xs">
            request <Code>{problem.requestId}</Code>
          </Text>
        )}
        {retry === undefined ? null : (
          <Button size="xs" variant="default" onClick={retry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

/** Nothing there, said in a way that helps on. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <Stack align="center" gap="xs" py="xl" px="md">
      <Title order={2}>{title}</Title>
      {children}
    </Stack>
  );
}

/** An event as a command to copy; whoever had to sign in needs the token there too, which the page does not know. */
function firstEvent(isGuarded: boolean): string {
  const origin = globalThis.location?.origin ?? "http://127.0.0.1:8080";
  const token = isGuarded ? `-H "authorization: Bearer $AUDITFLOW_TOKEN" ` : "";
  return `curl -X POST ${origin}/api/v1/events ${token}\\
  -H 'content-type: application/json' -d '{ "timestamp": "'$(date -u +%FT%TZ)'",
    "source_service": "sshd", "server_hostname": "web-1", "severity": "WARNING",
    "event_type": "file_modified", "action_result": "MODIFIED", "user_id": "alice",
    "resource": "/etc/shadow", "logsource": { "category": "file_event" } }'`;
}

/** For whoever has sent nothing yet: an event to copy that raises a first alert. */
export function FirstEvent() {
  const isGuarded = useSession().data?.caller === "session";
  const command = firstEvent(isGuarded);
  return (
    <Empty title="Send your first event">
      <Text c="dimmed" ta="center" maw="36rem">
        Nothing has been detected yet. Paste this into a terminal: it reports a change of{" "}
        <Code>/etc/shadow</Code>, and its alert appears here by itself.
        {isGuarded ? (
          <>
            {" "}
            It takes the token that you signed in with from <Code>AUDITFLOW_TOKEN</Code>.
          </>
        ) : null}
      </Text>
      <Code block className="first-event" tabIndex={0}>
        {command}
      </Code>
      <Group>
        <CopyButton value={command}>
          {({ copied, copy }) => (
            <Button
              size="xs"
              onClick={copy}
              leftSection={copied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
            >
              {copied ? "Copied" : "Copy"}
            </Button>
          )}
        </CopyButton>
        <Text size="sm" c="dimmed">
          <Send size={13} aria-hidden /> or a log file: <Code>npx auditflow send /var/log/auth.log</Code>
        </Text>
      </Group>
    </Empty>
  );
}
