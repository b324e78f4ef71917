import { Button, Group, Table, Text } from "@mantine/core";
import { ChevronDown, ChevronRight, RotateCw } from "lucide-react";
import { useId, useState } from "react";
import type { Delivery } from "../client/generated/auditflow.ts";
import { useResend } from "../live/use-deliveries.ts";
import { DeliveryState } from "./delivery-state.tsx";
import { DeliveryTries } from "./delivery-tries.tsx";
import { PageLink } from "./page-link.tsx";
import { Failure } from "./states.tsx";
import { Time } from "./time.tsx";

/** Deliveries, newest first, each with its tries to unfold and a way to send it again. */
export function DeliveryTable({ deliveries }: { readonly deliveries: readonly Delivery[] }) {
  return (
    <Table verticalSpacing={4} className="delivery-table" aria-label="Deliveries, newest first">
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col" visibleFrom="sm">
            Time
          </Table.Th>
          <Table.Th scope="col">State</Table.Th>
          <Table.Th scope="col">What was told</Table.Th>
          <Table.Th scope="col" visibleFrom="sm">
            Channel
          </Table.Th>
          <Table.Th scope="col" visibleFrom="md">
            Outcome
          </Table.Th>
          <Table.Th scope="col" ta="right" visibleFrom="sm">
            Tries
          </Table.Th>
          <Table.Th scope="col" ta="right" visibleFrom="sm">
            Actions
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {deliveries.map((delivery) => (
          <DeliveryRow key={delivery.delivery_id} delivery={delivery} />
        ))}
      </Table.Tbody>
    </Table>
  );
}

function DeliveryRow({ delivery }: { readonly delivery: Delivery }) {
  const [open, setOpen] = useState(false);
  const tries = useId();
  const resend = useResend();
  const { delivery_id, state, attempts, created_at, channel_name } = delivery;
  const actions = (
    <>
      <Unfold open={open} controls={tries} toggle={() => setOpen(!open)} title={delivery.title} />
      {state === "pending" ? null : <Resend resend={resend} delivery={delivery} />}
    </>
  );
  return (
    <>
      <Table.Tr data-delivery={delivery_id} className={open ? "delivery-open" : ""}>
        <Table.Td visibleFrom="sm">
          <Time at={created_at} />
        </Table.Td>
        <Table.Td>
          <DeliveryState of={state} />
        </Table.Td>
        <Table.Td>
          <Told delivery={delivery} />
          <Text size="xs" c="dimmed" component="div" hiddenFrom="sm" className="breaks">
            {channel_name ?? "a removed channel"}, <Time at={created_at} />
          </Text>
          <Text size="xs" component="div" hiddenFrom="md" className="breaks">
            <Why delivery={delivery} />
          </Text>
          <Group gap={6} mt={6} hiddenFrom="sm">
            {actions}
          </Group>
        </Table.Td>
        <Table.Td visibleFrom="sm" className="breaks">
          {channel_name ?? "a removed channel"}
        </Table.Td>
        <Table.Td visibleFrom="md" className="breaks">
          <Why delivery={delivery} />
        </Table.Td>
        <Table.Td ta="right" visibleFrom="sm">
          {attempts}
        </Table.Td>
        <Table.Td visibleFrom="sm">
          <Group gap={6} justify="flex-end" wrap="nowrap">
            {actions}
          </Group>
        </Table.Td>
      </Table.Tr>
      {open || resend.error !== null ? (
        <Table.Tr id={tries}>
          <Table.Td colSpan={7}>
            {resend.error === null ? null : <Failure error={resend.error} />}
            {open ? <DeliveryTries deliveryId={delivery_id} /> : null}
          </Table.Td>
        </Table.Tr>
      ) : null}
    </>
  );
}

interface UnfoldProps {
  readonly open: boolean;
  readonly controls: string;
  readonly toggle: () => void;
  readonly title: string;
}

function Unfold({ open, controls, toggle, title }: UnfoldProps) {
  const Icon = open ? ChevronDown : ChevronRight;
  return (
    <Button
      size="compact-sm"
      variant="default"
      leftSection={<Icon size={13} aria-hidden />}
      aria-expanded={open}
      {...(open ? { "aria-controls": controls } : {})}
      aria-label={`Tries of: ${title}`}
      onClick={toggle}
    >
      Tries
    </Button>
  );
}

interface ResendProps {
  readonly resend: ReturnType<typeof useResend>;
  readonly delivery: Delivery;
}

function Resend({ resend, delivery: { delivery_id, title } }: ResendProps) {
  return (
    <Button
      size="compact-sm"
      variant="default"
      leftSection={<RotateCw size={13} aria-hidden />}
      disabled={resend.isPending}
      aria-label={`Resend: ${title}`}
      onClick={() => resend.mutate(delivery_id)}
    >
      Resend
    </Button>
  );
}

const told = {
  "incident.opened": "Opened",
  "incident.escalated": "Got worse",
  test: "Test",
} as const satisfies Record<Delivery["type"], string>;

function Told({ delivery: { type, title, incident_id } }: { readonly delivery: Delivery }) {
  if (type === "test" || incident_id === null)
    return (
      <span className="breaks">
        {told[type]}: {title}
      </span>
    );
  return (
    <span className="breaks">
      {told[type]}:{" "}
      <PageLink to="/incidents/$incidentId" params={{ incidentId: incident_id }} size="sm">
        {title}
      </PageLink>
    </span>
  );
}

function Why({ delivery: { state, detail, next_attempt_at } }: { readonly delivery: Delivery }) {
  return (
    <>
      {detail ?? (state === "pending" ? "Not tried yet." : "")}
      {state !== "pending" || next_attempt_at === null ? null : (
        <Text span size="xs" c="dimmed">
          {" "}
          Next try <Time at={next_attempt_at} />
        </Text>
      )}
    </>
  );
}
