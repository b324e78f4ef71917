import { connect } from "amqplib";
import { expect } from "vitest";
import { story } from "./story.ts";

/** As the first AuditFlow's generator wrote it: Python's spacing, microseconds, an offset and a Z. */
const sent =
  '{"event_id": "5f0c6c1e-3a55-4c8e-9d57-0f6a0c2b7e11", "timestamp": "2026-01-15T09:15:30.123456+00:00Z", ' +
  '"source_service": "audit-event-generator", "server_hostname": "prod-web-01", "event_type": "file_modified", ' +
  '"severity": "CRITICAL", "user_id": "attacker_bob", "action_result": "MODIFIED", "details": {"resource": ' +
  '"/etc/passwd", "old_checksum": "a1b2c3d4", "new_checksum": "e5f6a7b8", "size_change_bytes": 120}}';

story(
  "what the first AuditFlow's generator puts into its queue becomes an alert",
  async (s) => {
    const connection = await connect(process.env["AUDITFLOW_TEST_AMQP_URL"]!);
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue("audit_events", { durable: true });
    channel.sendToQueue("audit_events", Buffer.from(sent), { persistent: true });
    channel.sendToQueue("audit_events", Buffer.from('{"event_id": "broken'), { persistent: true });
    await channel.waitForConfirms();
    await connection.close();
    await s.expectAlerts([{ severity: "CRITICAL", timestamp: "2026-01-15T09:15:30.123Z" }]);
    const metrics = await (await fetch(`${s.system.intake()}/metrics`)).text();
    expect(metrics).toContain('auditflow_quarantined_total{code="malformed_json"} 1');
    const quarantine = await fetch(`${s.system.alerts()}/api/v1/quarantine`);
    expect(await quarantine.json()).toMatchObject({
      records: [{ code: "malformed_json", topic: "audit_events" }],
    });
  },
  ["distributed"],
);
