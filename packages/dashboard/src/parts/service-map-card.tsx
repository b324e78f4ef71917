import type { ServiceHealth } from "@auditflow/contracts";
import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import type { Dependency } from "./service-map-model.ts";
import { impairedIn, sinceOf } from "./service-map-model.ts";
import { type MapStatus, Status, statusLooks } from "./service-map-status.tsx";
import { Time } from "./time.tsx";

interface CardProps {
  readonly name: string;
  readonly task: string;
  readonly status: MapStatus;
  readonly since: string | undefined;
  readonly resource?: boolean;
  readonly children?: ReactNode;
}

function MapCard({ name, task, status, since, resource = false, children }: CardProps) {
  const style = { "--card-status": `var(${statusLooks[status].color})` } as React.CSSProperties;
  return (
    <div className={resource ? "map-card map-resource" : "map-card"} style={style}>
      <Text component="h3" size="sm" fw={650} m={0}>
        {name}
      </Text>
      <Text size="xs" c="dimmed">
        {task}
      </Text>
      <Status of={status} />
      {since === undefined ? null : (
        <Text size="xs" c="dimmed" component="div">
          since <Time at={since} />
        </Text>
      )}
      {children}
    </div>
  );
}

/** A service: whether it works, since when, and what it cannot do. */
export function ServiceCard({
  name,
  task,
  service,
}: {
  readonly name: string;
  readonly task: string;
  /** Left out: nobody told of it. */
  readonly service: ServiceHealth | undefined;
}) {
  const since = service && sinceOf(service);
  return (
    <MapCard {...{ name, task, since }} status={service?.status ?? "unknown"}>
      {service?.last_error === undefined ? null : <Text size="xs">{service.last_error}</Text>}
      {service === undefined || service.status === "pass"
        ? null
        : impairedIn(service).map((feature) => (
            <Text size="xs" key={feature}>
              impaired: {feature}
            </Text>
          ))}
    </MapCard>
  );
}

/** What services stand on: the product, whether it works, since when. */
export function ResourceCard({
  task,
  dependency,
}: {
  readonly task: string;
  /** Left out: nobody told of it. */
  readonly dependency: Dependency | undefined;
}) {
  const name =
    dependency === undefined ? "not known" : (productNames[dependency.product] ?? dependency.product);
  const status = dependency?.status ?? "unknown";
  return <MapCard {...{ name, task, status }} since={dependency?.since} resource />;
}

/** The products under the names their makers write. */
export const productNames: Readonly<Record<string, string>> = {
  rabbitmq: "RabbitMQ",
  redis: "Redis",
  postgres: "PostgreSQL",
  sqlite: "SQLite file",
  memory: "Memory",
};
