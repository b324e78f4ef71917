import type { LogLevels, ProcessLogLevel } from "@auditflow/contracts";
import { Table } from "@mantine/core";
import { TableHead } from "./table-head.tsx";
import { Time } from "./time.tsx";

/** What each process logs now; the same service on several replicas has a row for each. */
export function LogLevelTable({ levels }: { readonly levels: LogLevels }) {
  const rows = levels.processes.toSorted((a, b) => nameOf(a).localeCompare(nameOf(b)));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="dependencies" aria-label="Log levels, as table" tabIndex={0}>
      <Table verticalSpacing={5} miw={720}>
        <TableHead headings={["Service", "Process", "Level", "Parts with their own", "Comes back"]} />
        <Table.Tbody>
          {rows.map((process) => (
            <Table.Tr key={process.instance}>
              <Table.Th scope="row">{nameOf(process)}</Table.Th>
              <Table.Td>{process.instance}</Table.Td>
              <Table.Td>{process.level}</Table.Td>
              <Table.Td>{modulesOf(process)}</Table.Td>
              <Table.Td>{process.reverts_at === undefined ? "–" : <Time at={process.reverts_at} />}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}

function nameOf({ services }: ProcessLogLevel): string {
  return services.length > 2 ? "all services in one process" : services.join(", ");
}

function modulesOf({ modules }: ProcessLogLevel): string {
  const entries = Object.entries(modules);
  return entries.length === 0 ? "–" : entries.map(([name, level]) => `${name} ${level}`).join(", ");
}
