import { Table, Text } from "@mantine/core";
import { useDelivery } from "../live/use-deliveries.ts";
import { Failure, Loading } from "./states.tsx";
import { Time } from "./time.tsx";

const words: Readonly<Record<string, string>> = {
  delivered: "Delivered",
  retry: "Not delivered, tried again",
  rejected: "Refused",
  gone: "Receiver gone",
};

/** Every try of a delivery and what came of it, oldest first. */
export function DeliveryTries({ deliveryId }: { readonly deliveryId: string }) {
  const { data, error, refetch } = useDelivery(deliveryId);
  if (data === undefined) {
    return error === null ? <Loading rows={2} /> : <Failure error={error} retry={() => void refetch()} />;
  }
  return (
    <div className="delivery-tries">
      <Text size="xs" c="dimmed" className="breaks">
        Delivery <span className="mono">{deliveryId}</span>: the receiver gets this id with each try.
      </Text>
      {data.tries.length === 0 ? (
        <Text size="sm">It was not tried yet.</Text>
      ) : (
        <Table verticalSpacing={3} aria-label="Tries">
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">Try</Table.Th>
              <Table.Th scope="col">Time</Table.Th>
              <Table.Th scope="col">What came of it</Table.Th>
              <Table.Th scope="col" ta="right" visibleFrom="sm">
                Took
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {data.tries.map(({ attempt, at, outcome, status, detail, duration_ms }) => (
              <Table.Tr key={attempt}>
                <Table.Td>{attempt}</Table.Td>
                <Table.Td>
                  <Time at={at} />
                </Table.Td>
                <Table.Td className="breaks">
                  <b>{words[outcome] ?? outcome}</b>
                  {status === null ? "" : ` (${status})`}: {detail}
                </Table.Td>
                <Table.Td ta="right" visibleFrom="sm">
                  {duration_ms.toLocaleString("en-GB")} ms
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </div>
  );
}
