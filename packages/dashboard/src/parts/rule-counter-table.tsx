import type { RuleCounters, RuleList } from "@auditflow/contracts";
import { Table, Text } from "@mantine/core";
import { Count } from "./rule-columns.tsx";
import type { RuleRow, RuleSums } from "./rule-rows.ts";

interface TableProps {
  readonly row: RuleRow;
  readonly replicas: RuleList["replicas"];
}

const ofAny = [
  ["matches", "Matches"],
  ["alerts", "Alerts"],
] as const;

/** What only a rule that counts other rules has. */
const ofCorrelation = [
  ["late", "Late"],
  ["skipped", "Skipped"],
  ["duplicates", "Duplicates"],
  ["suppressed", "Suppressed"],
] as const;

/** What each replica counted of a rule, and all of them together. */
export function RuleCounterTable({ row, replicas }: TableProps) {
  const columns = row.rule.kind === "correlation" ? [...ofAny, ...ofCorrelation] : ofAny;
  const counted = new Map(row.rule.counters.map((counters) => [counters.instance, counters]));
  // One that has not answered of late may still be among those that counted.
  const instances = [...new Set([...replicas.map(({ instance }) => instance), ...counted.keys()])];
  return (
    <div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className="rule-counters" aria-label="Counters, as table" tabIndex={0}>
        <Table verticalSpacing={3}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">Replica</Table.Th>
              {columns.map(([key, head]) => (
                <Table.Th scope="col" ta="right" key={key}>
                  {head}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {instances.map((instance) => (
              <CounterRow
                key={instance}
                name={instance}
                sums={counted.get(instance) ?? none}
                columns={columns}
              />
            ))}
            {instances.length < 2 ? null : <CounterRow name="All" sums={row} columns={columns} />}
          </Table.Tbody>
        </Table>
      </section>
      <Text size="xs" c="dimmed" mt={4}>
        Since each process started, or since the rule came to it
      </Text>
    </div>
  );
}

const none: Omit<RuleCounters, "instance"> = {
  matches: 0,
  alerts: 0,
  late: 0,
  skipped: 0,
  duplicates: 0,
  suppressed: 0,
};

interface RowProps {
  readonly name: string;
  readonly sums: RuleSums;
  readonly columns: readonly (readonly [key: keyof RuleSums, head: string])[];
}

function CounterRow({ name, sums, columns }: RowProps) {
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={500} className="breaks">
        {name}
      </Table.Th>
      {columns.map(([key]) => (
        <Table.Td ta="right" key={key}>
          <Count of={sums[key]} bad={key === "late" || key === "skipped"} />
        </Table.Td>
      ))}
    </Table.Tr>
  );
}
