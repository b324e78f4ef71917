import { Code, Stack, Text } from "@mantine/core";
import { ProblemError } from "../client/call.ts";
import { Empty, Failure } from "./states.tsx";

/** What to do when no generator answers; any other failure as it is. */
export function RateAbsent({ error, retry }: { readonly error: Error; readonly retry: () => void }) {
  const absent = error instanceof ProblemError && [404, 503].includes(error.status);
  return (
    <Stack gap="sm">
      <Failure error={error} retry={retry} />
      {absent ? (
        <Empty title="No generator answers">
          <Text size="sm" ta="center" maw="40rem" component="div">
            The generator makes synthetic events to try things out; nothing else needs it.{" "}
            <Code>npm start</Code> runs it with everything else in one process. On its own it is the service{" "}
            <Code>auditflow serve audit-event-generator</Code>, with the same <Code>TRANSPORT_URL</Code> as
            the others; the page's own service must know its address.
          </Text>
        </Empty>
      ) : null}
    </Stack>
  );
}
