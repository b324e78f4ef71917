import { Text } from "@mantine/core";
import type { AlertDetail } from "../client/generated/auditflow.ts";
import { Section } from "./facts.tsx";
import { spanText } from "./facts-event.ts";
import { Time } from "./time.tsx";

/** From the first to the last event of the alert. */
export function AlertSpan({
  alert: { first_event_at, last_event_at, count },
}: {
  readonly alert: AlertDetail;
}) {
  const span = Date.parse(last_event_at) - Date.parse(first_event_at);
  const events = count === 1 ? "1 event" : `${count.toLocaleString("en-GB")} events`;
  return (
    <Section title="When">
      <Text size="sm">
        {events}
        {span === 0 ? "" : ` within ${spanText(span)}`}
      </Text>
      <div className={span === 0 ? "span-bar moment" : "span-bar"} aria-hidden />
      <div className="span-ends">
        <div>
          <Text size="xs" c="dimmed">
            {span === 0 ? "At" : "First event"}
          </Text>
          <Moment at={first_event_at} />
        </div>
        {span === 0 ? null : (
          <div>
            <Text size="xs" c="dimmed">
              Last event
            </Text>
            <Moment at={last_event_at} />
          </div>
        )}
      </div>
    </Section>
  );
}

function Moment({ at }: { readonly at: string }) {
  return (
    <Text size="sm">
      <Time at={at} />
    </Text>
  );
}
