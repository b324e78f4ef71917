import type { RuleList, RuleReplica } from "@auditflow/contracts";
import { Alert, Badge, Button, Group, Paper, Table, Text } from "@mantine/core";
import { ChevronDown, ChevronRight, CircleCheck, CircleHelp, TriangleAlert } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import { PageLink } from "./page-link.tsx";
import { RuleFaults } from "./rule-faults.tsx";
import { agreementOf, faultCount, type RuleAgreement, silentWords } from "./rule-set-state.ts";
import { TableHead } from "./table-head.tsx";
import { Time } from "./time.tsx";

/** Which rules the replicas have in force, and what is wrong with their files. */
export function RuleSetPanel({ list }: { readonly list: RuleList }) {
  const { replicas } = list;
  const agreement = agreementOf(replicas);
  const silent = silentWords(list);
  const isSound = agreement.kind === "same" && agreement.rules > 0;
  const suspended = new Set(replicas.flatMap((replica) => replica.suspended)).size;
  const isWell = isSound && silent.length === 0 && faultCount(replicas) === 0 && suspended === 0;
  const [asked, setAsked] = useState<boolean>();
  const open = (asked ?? agreement.kind === "different") && replicas.length > 0;
  const table = useId();
  return (
    <Paper component="section" withBorder px="sm" py={6} aria-label="State of the rule set">
      <Group justify="space-between" gap="xs" wrap="nowrap" align="flex-start">
        <Group gap={6} wrap="nowrap" align="flex-start" className="rule-set">
          <StateIcon kind={isWell ? "pass" : agreement.kind === "unknown" ? "unknown" : "warn"} />
          <Text size="sm">
            {agreementWords(agreement, silent.length > 0)}
            {suspended === 0 ? null : (
              <>
                ;{" "}
                <PageLink to="/rules" search={{ state: "suspended" }} inherit underline="always">
                  {suspended.toLocaleString("en-GB")} suspended
                </PageLink>
              </>
            )}
          </Text>
        </Group>
        {replicas.length < 2 ? null : (
          <Button
            size="compact-xs"
            className="rule-set-more"
            variant="subtle"
            aria-expanded={open}
            {...(open ? { "aria-controls": table } : {})}
            leftSection={
              open ? <ChevronDown size={13} aria-hidden /> : <ChevronRight size={13} aria-hidden />
            }
            onClick={() => setAsked(!open)}
          >
            Replicas
          </Button>
        )}
      </Group>
      {silent.length === 0 ? null : (
        <Alert color="yellow" icon={<TriangleAlert />} py="xs" my={6} title="Not all replicas answered">
          {silent.map((words) => (
            <Text size="sm" key={words} className="breaks">
              {words}
            </Text>
          ))}
        </Alert>
      )}
      {open ? <ReplicaTable id={table} replicas={replicas} /> : null}
      <RuleFaults replicas={replicas} />
    </Paper>
  );
}

const stateIcons = {
  pass: { icon: CircleCheck, color: "--status-pass" },
  warn: { icon: TriangleAlert, color: "--status-warn" },
  unknown: { icon: CircleHelp, color: "--status-unknown" },
} as const;

function StateIcon({ kind }: { readonly kind: keyof typeof stateIcons }) {
  const { icon: Icon, color } = stateIcons[kind];
  return <Icon size={15} aria-hidden className="rule-set-icon" style={{ color: `var(${color})` }} />;
}

function agreementWords(agreement: RuleAgreement, someSilent: boolean): ReactNode {
  switch (agreement.kind) {
    case "unknown":
      return "No process of detection answered: which rules are in force is not known";
    case "different":
      return (
        <>
          <b>Replicas have different rules</b>: {agreement.versions} versions on {agreement.replicas}{" "}
          replicas. After a change they agree within seconds; if they do not, their folders differ
        </>
      );
    case "same":
      return (
        <>
          <b>{rulesWords(agreement.rules)}</b> in force
          {replicasWords(agreement.replicas, someSilent)}, version{" "}
          <span className="mono">{agreement.version}</span>, since <Time at={agreement.since} />
        </>
      );
  }
}

function replicasWords(replicas: number, someSilent: boolean): string {
  if (someSilent) return replicas === 1 ? " on the one that answered" : ` on the ${replicas} that answered`;
  if (replicas === 1) return "";
  return replicas === 2 ? " on both replicas" : ` on all ${replicas} replicas`;
}

function rulesWords(rules: number): string {
  return rules === 1 ? "1 rule" : `${rules.toLocaleString("en-GB")} rules`;
}

function ReplicaTable({ id, replicas }: { readonly id: string; readonly replicas: readonly RuleReplica[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section id={id} className="rule-replicas" aria-label="Replicas, as table" tabIndex={0}>
      <Table verticalSpacing={3} miw={560}>
        <TableHead headings={["Replica", "Version", "Rules", "Since", "Faults", "Suspended"]} />
        <Table.Tbody>
          {replicas.map((replica) => (
            <Table.Tr key={replica.instance}>
              <Table.Th scope="row" fw={500}>
                {replica.instance}
              </Table.Th>
              <Table.Td className="mono">{replica.version}</Table.Td>
              <Table.Td>{replica.rules.toLocaleString("en-GB")}</Table.Td>
              <Table.Td>
                <Time at={replica.since} />
              </Table.Td>
              <Table.Td>
                {replica.problem_count}{" "}
                {replica.refused ? (
                  <Badge size="xs" color="red" variant="light" className="rule-badge">
                    refused
                  </Badge>
                ) : null}
              </Table.Td>
              <Table.Td>{replica.suspended.length}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}
