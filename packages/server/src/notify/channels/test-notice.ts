import type { Notice } from "@auditflow/contracts";
import { formatTimestamp } from "../../telemetry/clock.ts";

/** The notice that tries a channel out: it says so, and stands for no incident. `at` is in epoch milliseconds. */
export function testNotice(options: {
  readonly deliveryId: string;
  readonly at: number;
  readonly baseUrl?: string;
}): Notice {
  const at = formatTimestamp(options.at);
  return {
    type: "test",
    delivery_id: options.deliveryId,
    incident: {
      incident_id: "00000000-0000-0000-0000-000000000000",
      title: "AuditFlow can reach you here",
      severity: "INFO",
      status: "open",
      rule_id: "test",
      rule_name: "A test, asked for by a person",
      actor: "",
      resource: "",
      host: "",
      alert_count: 0,
      first_seen: at,
      last_seen: at,
      ...(options.baseUrl === undefined ? {} : { url: options.baseUrl }),
    },
    alert: null,
  };
}
