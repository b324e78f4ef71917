import { Text } from "@mantine/core";
import type { AlertDetail } from "../client/generated/auditflow.ts";
import { CopyButton, CopyIcon } from "./copy-button.tsx";
import { Section } from "./facts.tsx";

/** The ids of the events that the alert rests on, to be looked up or handed on. */
export function AlertEvidence({ alert: { evidence, count } }: { readonly alert: AlertDetail }) {
  const all = evidence.join("\n");
  return (
    <Section
      title="Evidence"
      aside={
        evidence.length > 1 ? <CopyButton text={all} label={`Copy ${evidence.length} ids`} /> : undefined
      }
    >
      <Text size="sm" c="dimmed">
        {count > evidence.length
          ? `Ids of the first ${evidence.length} of ${count.toLocaleString("en-GB")} events`
          : "Ids of all its events"}
      </Text>
      <ol className="evidence scrolls">
        {evidence.map((id) => (
          <li key={id}>
            <span className="mono">{id}</span>
            <CopyIcon text={id} label={`Copy ${id}`} />
          </li>
        ))}
      </ol>
    </Section>
  );
}
