import { Table, Text } from "@mantine/core";
import { formatRate } from "./chart-format.ts";
import { productNames } from "./service-map-card.tsx";
import type { Dependency } from "./service-map-model.ts";
import { Status } from "./service-map-status.tsx";
import { Time } from "./time.tsx";

const headings = [
  "Dependency",
  "Product",
  "Status",
  "Since",
  "Last error",
  "Next try",
  "Latency",
  "Impairs",
  "Reported by",
];

/** Everything the services stand on, with all that is known of it. */
export function DependencyTable({ dependencies }: { readonly dependencies: readonly Dependency[] }) {
  if (dependencies.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        No service has told what it stands on.
      </Text>
    );
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="dependencies" aria-label="Dependencies, as table" tabIndex={0}>
      <Table verticalSpacing={5} miw={1040}>
        <Table.Thead>
          <Table.Tr>
            {headings.map((heading) => (
              <Table.Th scope="col" key={heading} ta={heading === "Latency" ? "right" : "left"}>
                {heading}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {dependencies.map((dependency) => (
            <DependencyRow
              key={`${dependency.need} ${dependency.product} ${dependency.status}`}
              {...dependency}
            />
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}

function DependencyRow(dependency: Dependency) {
  const { need, product, status, since, lastError, nextTryAt, latencyMs, impairs, services } = dependency;
  return (
    <Table.Tr>
      <Table.Th scope="row">{need}</Table.Th>
      <Table.Td>{productNames[product] ?? product}</Table.Td>
      <Table.Td>
        <Status of={status} />
      </Table.Td>
      <Table.Td>
        <Time at={since} />
      </Table.Td>
      <Table.Td>{lastError ?? "–"}</Table.Td>
      <Table.Td>{nextTryAt === undefined ? "–" : <Time at={nextTryAt} />}</Table.Td>
      <Table.Td ta="right">{latencyMs === undefined ? "–" : `${formatRate(latencyMs)} ms`}</Table.Td>
      <Table.Td>{impairs.length === 0 ? "nothing" : impairs.join("; ")}</Table.Td>
      <Table.Td>{services.join(", ")}</Table.Td>
    </Table.Tr>
  );
}
