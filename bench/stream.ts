import type { AuditEvent } from "@auditflow/contracts";
import { uuidv7 } from "uuidv7";

/** Share of events that a counting rule looks at, and of events that are an alert each. */
const windowShare = 0.01;
const alertShare = 0.005;

const hosts = Array.from({ length: 50 }, (_, index) => `web-${index}`);

/** So many accounts that a failed login seldom meets another one of its group. */
const accounts = 1_000_003;

/** One failed login in so many belongs to a burst of one attacker. */
const attackEvery = 50;

/**
 * The next event of a realistic stream of about 500 bytes an event: 1 % go into windows, 0.5 % are alerts of their
 * own. `index` decides everything but the ids, so that two runs see the same stream.
 */
export function streamEvent(index: number, now: number): AuditEvent {
  const timestamp = new Date(now).toISOString();
  const host = hosts[index % hosts.length]!;
  const account = (index * 7919) % accounts;
  const event = {
    event_id: uuidv7(),
    timestamp,
    received_at: timestamp,
    source_service: "bench",
    server_hostname: host,
    severity: "INFO" as const,
    user_id: `user-${account}`,
    client_ip: `10.${account & 255}.${(account >> 8) & 255}.${(account >> 16) & 255}`,
    source: "http",
  };
  const place = (index * 0.618_033_988_749_895) % 1;
  if (place < windowShare)
    return { ...event, ...failedLogin, ...(index % attackEvery === 0 ? attacker : {}) };
  if (place < windowShare + alertShare) return { ...event, ...sensitiveFile };
  return { ...event, ...background[index % background.length]! };
}

const failedLogin = {
  event_type: "user_login",
  action_result: "FAILURE",
  logsource: { product: "linux", service: "sshd", category: "authentication" },
  details: {
    reason: "Incorrect password",
    protocol: "ssh",
    port: 51_812,
    method: "password",
    program: "sshd",
  },
};

const attacker = { user_id: "root", client_ip: "203.0.113.66", server_hostname: "bastion" };

const sensitiveFile = {
  event_type: "file_modified",
  action_result: "MODIFIED",
  resource: "/etc/passwd",
  logsource: { category: "file_event", product: "linux" },
  details: {
    resource: "/etc/passwd",
    old_checksum: "a1b2c3d4",
    new_checksum: "e5f6a7b8",
    size_change_bytes: 120,
  },
};

const background = [
  {
    event_type: "user_login",
    action_result: "SUCCESS",
    logsource: { product: "linux", service: "sshd", category: "authentication" },
    details: { protocol: "ssh", method: "publickey", port: 40_122, program: "sshd", session: "1f0c6c1e" },
  },
  {
    event_type: "sudo_command",
    action_result: "SUCCESS",
    logsource: { product: "linux", service: "sudo" },
    details: { command: "/usr/bin/apt update", tty: "/dev/pts/0", cwd: "/home/deploy", target_user: "root" },
  },
  {
    event_type: "file_modified",
    action_result: "MODIFIED",
    resource: "/var/log/nginx/access.log",
    logsource: { category: "file_event", product: "linux" },
    details: { resource: "/var/log/nginx/access.log", size_change_bytes: 4096, inode: 918_273 },
  },
  {
    event_type: "service_status_change",
    action_result: "STARTED",
    logsource: { product: "linux", service: "systemd" },
    details: {
      resource: "nginx.service",
      previous_state: "STOPPED",
      message: "Service successfully started.",
    },
  },
];
