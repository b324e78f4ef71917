import { type AuditEvent, defaultLogsource } from "@auditflow/contracts";

/** An event without its moment: who did what, where, and how it went. */
export type Outline = Required<
  Pick<
    AuditEvent,
    "server_hostname" | "event_type" | "severity" | "user_id" | "action_result" | "logsource" | "details"
  >
> &
  Pick<AuditEvent, "client_ip" | "resource">;

/** Who acts, from where, and on which server. */
export interface Actor {
  readonly user: string;
  readonly address: string;
  readonly host: string;
}

type Severity = AuditEvent["severity"];

interface Act {
  readonly type: string;
  readonly result: string;
  readonly severity: Severity;
  readonly resource?: string;
  readonly details: Record<string, unknown>;
}

function outline({ user, address, host }: Actor, act: Act): Outline {
  return {
    server_hostname: host,
    event_type: act.type,
    severity: act.severity,
    user_id: user,
    action_result: act.result,
    client_ip: address,
    ...(act.resource === undefined ? {} : { resource: act.resource }),
    logsource: defaultLogsource(act.type),
    details: act.details,
  };
}

/** A login that was let in. */
export function loginSucceeded(actor: Actor, protocol: string): Outline {
  const details = { ip_address: actor.address, protocol };
  return outline(actor, { type: "user_login", result: "SUCCESS", severity: "INFO", details });
}

/** A login that was refused. */
export function loginFailed(
  actor: Actor,
  { protocol = "ssh", reason = "Invalid credentials" } = {},
): Outline {
  const details = { reason, ip_address: actor.address, protocol };
  return outline(actor, { type: "user_login", result: "FAILURE", severity: "WARNING", details });
}

/** A command that sudo ran as root. */
export function sudoCommand(actor: Actor, command: string): Outline {
  const details = { command, tty: "pts/0", cwd: `/home/${actor.user}`, target_user: "root" };
  return outline(actor, { type: "sudo_command", result: "SUCCESS", severity: "INFO", details });
}

/** What a change of a file left behind; a text may be a hole of a template. */
export interface FileChange {
  readonly path: string;
  readonly oldChecksum: string;
  readonly newChecksum: string;
  readonly sizeChange: number | string;
  readonly severity?: Severity;
}

/** A file whose content was changed. */
export function fileModified(actor: Actor, change: FileChange): Outline {
  const { path, oldChecksum, newChecksum, sizeChange, severity = "INFO" } = change;
  const details = {
    resource: path,
    old_checksum: oldChecksum,
    new_checksum: newChecksum,
    size_change_bytes: sizeChange,
  };
  return outline(actor, { type: "file_modified", result: "MODIFIED", severity, resource: path, details });
}

/** A service that was started after it stood still. */
export function serviceStarted(actor: Actor, service: string): Outline {
  const details = {
    resource: service,
    previous_state: "STOPPED",
    message: "Service started successfully.",
  };
  return outline(actor, {
    type: "service_status_change",
    result: "STARTED",
    severity: "INFO",
    resource: service,
    details,
  });
}

/** A service that was stopped: for maintenance when planned, else out of the blue. */
export function serviceStopped(actor: Actor, service: string, isPlanned: boolean): Outline {
  const details = isPlanned
    ? {
        resource: service,
        previous_state: "RUNNING",
        message: "Service stopped for maintenance.",
        planned: true,
      }
    : { resource: service, previous_state: "RUNNING", message: "Service unexpectedly stopped." };
  const severity = isPlanned ? "NOTICE" : "CRITICAL";
  return outline(actor, {
    type: "service_status_change",
    result: "STOPPED",
    severity,
    resource: service,
    details,
  });
}

/** An account that was made, in one group. */
export function accountCreated(actor: Actor, account: string, group: string): Outline {
  const details = { account, group, home_directory: `/home/${account}` };
  return outline(actor, {
    type: "user_account_management",
    result: "CREATED",
    severity: "NOTICE",
    resource: account,
    details,
  });
}
