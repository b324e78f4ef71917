import type { AlertDetail } from "../client/generated/auditflow.ts";
import { Facts, Section } from "./facts.tsx";

/** Who did what, and where. */
export function AlertWho({ alert }: { readonly alert: AlertDetail }) {
  const { triggered_by: actor, impacted_resource: resource, raw_event_data: event } = alert;
  const onHost = resource.resource_type === "host" && resource.resource_id === resource.server_hostname;
  return (
    <Section title="Who, what, where">
      <Facts
        facts={[
          ["Who", `${actor.actor_id} (${actor.actor_type})`],
          ["From", actor.client_ip === actor.actor_id ? undefined : actor.client_ip],
          [
            "Did",
            event === null ? alert.action_observed : `${alert.action_observed}: ${event.action_result}`,
          ],
          ["On", onHost ? undefined : `${resource.resource_id} (${resource.resource_type})`],
          ["Host", resource.server_hostname],
          ["Reported by", event?.source_service],
        ]}
      />
    </Section>
  );
}
