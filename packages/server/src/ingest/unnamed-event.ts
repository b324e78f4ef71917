import type { AuditEvent } from "@auditflow/contracts";
import { eventIdOf, type RecordOrigin } from "./event-id.ts";

/** All of an event but its id. */
interface EventParts extends Omit<Named, "client_ip" | "resource" | "raw" | "details" | "logsource"> {
  readonly client_ip: string | undefined;
  readonly resource: string | undefined;
  readonly logsource: NonNullable<AuditEvent["logsource"]>;
  readonly details: Record<string, unknown>;
  readonly raw: string | undefined;
  readonly received_at: string;
  readonly source: string;
}

type Named = Pick<AuditEvent, Exclude<keyof AuditEvent, "event_id" | "synthetic">>;

/**
 * An event of a record that names no id. The id is made of the record's origin when it is first asked for: the hash
 * takes as long as half of the reading, and most records of a scan lead to nothing. To all who copy the event or write
 * it down, `event_id` is a property like the others; for that it is a getter of the object, not of the class.
 */
export class UnnamedEvent implements AuditEvent {
  declare event_id: string;
  declare timestamp: string;
  declare source_service: string;
  declare server_hostname: string;
  declare event_type: string;
  declare severity: AuditEvent["severity"];
  declare user_id: string;
  declare action_result: string;
  declare client_ip?: string;
  declare resource?: string;
  declare logsource: NonNullable<AuditEvent["logsource"]>;
  declare details: Record<string, unknown>;
  declare raw?: string;
  declare received_at: string;
  declare source: string;
  readonly #origin: RecordOrigin;
  #id: string | undefined;

  constructor(origin: RecordOrigin, parts: EventParts) {
    this.#origin = origin;
    Object.defineProperty(this, "event_id", UnnamedEvent.#lateId);
    this.timestamp = parts.timestamp;
    this.source_service = parts.source_service;
    this.server_hostname = parts.server_hostname;
    this.event_type = parts.event_type;
    this.severity = parts.severity;
    this.user_id = parts.user_id;
    this.action_result = parts.action_result;
    if (parts.client_ip !== undefined) this.client_ip = parts.client_ip;
    if (parts.resource !== undefined) this.resource = parts.resource;
    this.logsource = parts.logsource;
    this.details = parts.details;
    if (parts.raw !== undefined) this.raw = parts.raw;
    this.received_at = parts.received_at;
    this.source = parts.source;
  }

  static readonly #lateId: PropertyDescriptor & ThisType<UnnamedEvent> = {
    enumerable: true,
    get() {
      this.#id ??= eventIdOf(this.#origin);
      return this.#id;
    },
  };
}
