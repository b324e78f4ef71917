import type { RuleReplica } from "@auditflow/contracts";
import { Alert, Text } from "@mantine/core";
import { FileWarning } from "lucide-react";
import { faultCount, meanwhile, placeOf, type ToldFault, toldFaults } from "./rule-set-state.ts";

/** What is wrong with the rule files, where, and what holds meanwhile; nothing where nothing is wrong. */
export function RuleFaults({ replicas }: { readonly replicas: readonly RuleReplica[] }) {
  const faults = toldFaults(replicas);
  if (faults.length === 0) return null;
  const count = faultCount(replicas);
  const title =
    count === 1 ? "1 fault in the rule files" : `${count.toLocaleString("en-GB")} faults in the rule files`;
  return (
    <Alert color="red" icon={<FileWarning />} title={title} py="xs" my={6} role="alert">
      <Text size="sm">{meanwhile(replicas)}</Text>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className="rule-faults" aria-label="Faults" tabIndex={0}>
        <ul>
          {faults.map((told) => (
            <Fault key={JSON.stringify(told.fault)} told={told} />
          ))}
        </ul>
        {count > faults.length ? (
          <Text size="sm" c="dimmed">
            and {(count - faults.length).toLocaleString("en-GB")} more, see the log
          </Text>
        ) : null}
      </section>
    </Alert>
  );
}

function Fault({ told: { fault, instances, everywhere } }: { readonly told: ToldFault }) {
  return (
    <li className="breaks">
      <span className="mono">{placeOf(fault)}</span>
      {fault.field === "" ? "" : " "}
      {fault.field === "" ? null : <b className="mono">{fault.field}</b>}
      {": "}
      {fault.message}
      {everywhere ? "" : ` (told by ${instances.join(", ")} only)`}
    </li>
  );
}
