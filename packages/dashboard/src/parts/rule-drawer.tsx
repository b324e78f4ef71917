import type { RuleDetail, RuleList } from "@auditflow/contracts";
import { Button, Drawer, Group, Stack, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Siren } from "lucide-react";
import { useRuleDetail } from "../live/use-rules.ts";
import { CopyButton, CopyIcon } from "./copy-button.tsx";
import { type Fact, Facts } from "./facts.tsx";
import { ruleFilter } from "./filter-search.ts";
import { RuleMarks, severityOf } from "./rule-columns.tsx";
import { RuleCounterTable } from "./rule-counter-table.tsx";
import { RuleReferences } from "./rule-references.tsx";
import type { RuleRow } from "./rule-rows.ts";
import { placeOf, toldFaults } from "./rule-set-state.ts";
import { RuleTags } from "./rule-tags.tsx";
import { Severity } from "./severity.tsx";
import { Empty, Failure, Loading } from "./states.tsx";
import "./alert-detail.css";

interface DrawerProps {
  /** Id of the rule that is open, if any. */
  readonly ruleId: string | undefined;
  readonly rows: readonly RuleRow[];
  readonly replicas: RuleList["replicas"];
  readonly close: () => void;
}

/** All that is known of one rule, beside the table. */
export function RuleDrawer({ ruleId, rows, replicas, close }: DrawerProps) {
  const row = rows.find(({ rule }) => rule.rule_id === ruleId);
  return (
    // Locking the scroll would write a style element that the page's policy refuses.
    <Drawer.Root
      opened={ruleId !== undefined}
      onClose={close}
      position="right"
      size="34rem"
      lockScroll={false}
    >
      <Drawer.Overlay backgroundOpacity={0.25} />
      <Drawer.Content>
        <Drawer.Body pt={0}>
          <Group justify="space-between" wrap="nowrap" align="flex-start" className="rule-drawer-head">
            <Drawer.Title fw={650} pt={4} lh={1.35} className="breaks">
              {row?.rule.title ?? "Rule"}
            </Drawer.Title>
            <Drawer.CloseButton aria-label="Close the rule" />
          </Group>
          {row === undefined ? (
            <NoRule ruleId={ruleId ?? ""} />
          ) : (
            <OpenRule key={row.rule.rule_id} row={row} replicas={replicas} />
          )}
        </Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  );
}

function OpenRule({ row, replicas }: { readonly row: RuleRow } & Pick<DrawerProps, "replicas">) {
  const { rule } = row;
  const { data: detail, error, refetch } = useRuleDetail(rule.rule_id);
  return (
    <Stack gap="md">
      <Group gap="xs">
        <Severity of={severityOf(rule.level)} />
        <RuleMarks row={row} />
        <AlertsLink ruleId={rule.rule_id} />
      </Group>
      {detail?.description === undefined ? null : (
        <Text size="sm" className="breaks">
          {detail.description}
        </Text>
      )}
      <Suspension row={row} replicas={replicas} />
      <FileFaults row={row} replicas={replicas} />
      <RuleCounterTable row={row} replicas={replicas} />
      <Facts facts={factsOf(row, detail)} />
      {detail === undefined && error === null ? <Loading rows={6} /> : null}
      {error === null ? null : <Failure error={error} retry={() => void refetch()} />}
      {detail === undefined ? null : <RuleText text={detail.text} />}
    </Stack>
  );
}

function AlertsLink({ ruleId }: { readonly ruleId: string }) {
  return (
    <Button
      ml="auto"
      size="compact-sm"
      variant="default"
      leftSection={<Siren size={13} aria-hidden />}
      renderRoot={(props) => <Link to="/alerts" search={{ filter: ruleFilter(ruleId) }} {...props} />}
    >
      Its alerts
    </Button>
  );
}

/** As it is in force, which while its file has a fault is not what is written there. */
function RuleText({ text }: { readonly text: string }) {
  return (
    <section aria-labelledby="rule-text">
      <Group justify="space-between" mb={4}>
        <Title order={2} id="rule-text">
          As it is in force
        </Title>
        <CopyButton text={text} label="Copy" />
      </Group>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre className="rule-text mono" tabIndex={0}>
        {text}
      </pre>
    </section>
  );
}

function factsOf({ rule, kind }: RuleRow, detail: RuleDetail | undefined): readonly Fact[] {
  const mono = (text: string) => <span className="mono">{text}</span>;
  const references = detail?.references ?? [];
  return [
    ["Kind", rule.type === undefined ? kind : `Correlation: ${rule.type}`],
    ["Status", rule.status],
    ["Author", rule.author],
    [
      "File",
      <Group key="file" gap={4} wrap="nowrap">
        {mono(`${rule.file}:${rule.line}`)}
        <CopyIcon text={`${rule.file}:${rule.line}`} label="Copy the place" />
      </Group>,
    ],
    ["Version", mono(rule.version)],
    ["Id", mono(rule.rule_id)],
    ["Tags", rule.tags.length === 0 ? undefined : <RuleTags key="tags" tags={rule.tags} />],
    ["References", references.length === 0 ? undefined : <RuleReferences key="r" of={references} />],
  ];
}

function Suspension({ row: { rule }, replicas }: { readonly row: RuleRow } & Pick<DrawerProps, "replicas">) {
  const where = replicas.filter(({ suspended }) => suspended.includes(rule.rule_id));
  if (!rule.suspended) return null;
  const names =
    where.length === replicas.length ? "" : ` in ${where.map(({ instance }) => instance).join(", ")}`;
  return (
    <Text size="sm" c="var(--status-fail)" className="breaks">
      Not evaluated{names}: it used up the time that a rule may take. A change of the rule takes it up again.
    </Text>
  );
}

function FileFaults({ row: { rule }, replicas }: { readonly row: RuleRow } & Pick<DrawerProps, "replicas">) {
  const faults = toldFaults(replicas).filter(({ fault }) => fault.file === rule.file);
  return faults.map(({ fault }) => (
    <Text key={JSON.stringify(fault)} size="sm" c="var(--status-fail)" className="breaks">
      <span className="mono">{placeOf(fault)}</span> {fault.field}: {fault.message}
    </Text>
  ));
}

function NoRule({ ruleId }: { readonly ruleId: string }) {
  return (
    <Empty title="There is no such rule in force">
      <Text size="sm" c="dimmed" ta="center" className="breaks">
        The rule <span className="mono">{ruleId}</span> has been removed or has another id now. Its alerts are
        still there.
      </Text>
      <Button
        size="xs"
        variant="default"
        renderRoot={(props) => <Link to="/alerts" search={{ filter: ruleFilter(ruleId) }} {...props} />}
      >
        Its alerts
      </Button>
    </Empty>
  );
}
