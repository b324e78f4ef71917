import { Alert, List } from "@mantine/core";
import { TriangleAlert, Unplug } from "lucide-react";
import { UnreachableError } from "../client/call.ts";
import { useHealth } from "../live/use-health.ts";
import { productNames } from "./service-map-card.tsx";
import { dependenciesOf } from "./service-map-model.ts";
import { formatTime } from "./time.tsx";

/** Above every page, only when something is wrong: what, since when, and what does not work because of it. */
export function HealthNote() {
  const { data: health, error, dataUpdatedAt } = useHealth();
  if (error !== null) {
    const gone = error instanceof UnreachableError;
    return (
      <Alert color="red" icon={<Unplug />} mb="md" title={gone ? "AuditFlow does not answer" : error.message}>
        {dataUpdatedAt > 0 ? `What you see is from ${formatTime(dataUpdatedAt)}. ` : null}
        The page tries again by itself.
      </Alert>
    );
  }
  const faults = health === undefined ? [] : dependenciesOf(health).filter(({ status }) => status !== "pass");
  const silent = (health?.services ?? []).filter(({ last_error }) => last_error !== undefined);
  if (faults.length + silent.length === 0) return null;
  return (
    <Alert color="yellow" icon={<TriangleAlert />} mb="md" title="Some things do not work at the moment">
      <List size="sm">
        {faults.map(({ need, product, status, since, impairs }) => (
          <List.Item key={`${need} ${product} ${status}`}>
            {need} {productNames[product] ?? product} {status === "fail" ? "is down" : "works in part"} since{" "}
            {formatTime(Date.parse(since))}: {impairs.join("; ")}
          </List.Item>
        ))}
        {silent.map(({ service, since, last_error, impaired_features = [] }) => (
          <List.Item key={service}>
            {service} cannot be reached{since === undefined ? "" : ` since ${formatTime(Date.parse(since))}`}:{" "}
            {[last_error, ...impaired_features].join("; ")}
          </List.Item>
        ))}
      </List>
    </Alert>
  );
}
