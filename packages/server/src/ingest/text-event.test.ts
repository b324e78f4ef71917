import { readFileSync } from "node:fs";
import type { AuditEvent } from "@auditflow/contracts";
import { describe, expect, test } from "vitest";
import { eventIdOf } from "./event-id.ts";
import { checkEvent } from "./normalize-event.ts";
import { textEvent } from "./text-event.ts";

const context = {
  timeZone: "UTC",
  now: Date.parse("2026-11-23T08:00:00Z"),
  receivedAt: "2026-11-23T08:00:00.000Z",
  source: "/var/log/auth.log",
};

function eventOf(line: string): AuditEvent {
  const outcome = textEvent(line, 0, context);
  if ("fault" in outcome) throw new Error(outcome.fault.detail);
  expect(checkEvent(outcome.event)).toBeUndefined();
  return outcome.event;
}

const sshd = (message: string): AuditEvent => eventOf(`Dec 10 06:55:46 host1 sshd[241]: ${message}`);

const sshdRows: [string, object][] = [
  [
    "Failed password for root from 192.0.2.7 port 4242 ssh2",
    {
      event_type: "user_login",
      action_result: "FAILURE",
      severity: "WARNING",
      user_id: "root",
      client_ip: "192.0.2.7",
      details: { method: "password", port: 4242, pid: 241, program: "sshd", user: "root", ip: "192.0.2.7" },
    },
  ],
  [
    "Failed password for invalid user admin from 2001:db8::7 port 1 ssh2",
    { event_type: "user_login", action_result: "FAILURE", user_id: "admin", details: { invalid_user: true } },
  ],
  [
    "Failed password for invalid user  0101 from 192.0.2.7 port 1 ssh2",
    { event_type: "user_login", user_id: " 0101" },
  ],
  [
    "Failed keyboard-interactive/pam for bob from 192.0.2.7 port 1 ssh2",
    { event_type: "user_login", action_result: "FAILURE", details: { method: "keyboard-interactive/pam" } },
  ],
  [
    "Failed publickey for bob from 192.0.2.7 port 1 ssh2: RSA SHA256:abc",
    { event_type: "user_login", action_result: "FAILURE", details: { key: "RSA SHA256:abc" } },
  ],
  [
    "Failed none for invalid user x from 192.0.2.7 port 1 ssh2",
    { event_type: "sshd_failed_none", action_result: "", user_id: "x" },
  ],
  [
    "Accepted publickey for bob from 192.0.2.7 port 1 ssh2: ED25519 SHA256:abc",
    { event_type: "user_login", action_result: "SUCCESS", severity: "INFO", user_id: "bob" },
  ],
  [
    "message repeated 5 times: [ Failed password for root from 192.0.2.7 port 42393 ssh2]",
    {
      event_type: "user_login",
      action_result: "FAILURE",
      user_id: "root",
      details: { repeated: 5, port: 42393 },
    },
  ],
  [
    "Invalid user x from 192.0.2.7",
    { event_type: "sshd_invalid_user", user_id: "x", client_ip: "192.0.2.7" },
  ],
  [
    "Invalid user  from 192.0.2.7 port 22",
    { event_type: "sshd_invalid_user", user_id: "", details: { port: 22 } },
  ],
  [
    "input_userauth_request: invalid user x [preauth]",
    { event_type: "sshd_invalid_user_request", user_id: "x" },
  ],
  [
    "Connection closed by authenticating user root 192.0.2.7 port 9 [preauth]",
    { event_type: "sshd_connection_closed", user_id: "root", client_ip: "192.0.2.7", details: { port: 9 } },
  ],
  [
    "Connection closed by 192.0.2.7 [preauth]",
    { event_type: "sshd_connection_closed", client_ip: "192.0.2.7" },
  ],
  ["Connection reset by 192.0.2.7 port 9", { event_type: "sshd_connection_closed", details: { port: 9 } }],
  [
    "Received disconnect from 192.0.2.7: 11: Bye Bye [preauth]",
    { event_type: "sshd_disconnect", client_ip: "192.0.2.7", details: { reason: "Bye Bye" } },
  ],
  [
    "error: Received disconnect from 192.0.2.7 port 7:14: No more methods [preauth]",
    { event_type: "sshd_disconnect", client_ip: "192.0.2.7", details: { port: 7, reason_code: "14" } },
  ],
  ["Disconnected from invalid user x 192.0.2.7 port 9", { event_type: "sshd_disconnected", user_id: "x" }],
  [
    "error: maximum authentication attempts exceeded for invalid user x from 192.0.2.7 port 9 ssh2 [preauth]",
    { event_type: "sshd_max_attempts", user_id: "x", client_ip: "192.0.2.7" },
  ],
  [
    "maximum authentication attempts exceeded for root from 192.0.2.7 port 9 ssh2",
    { event_type: "sshd_max_attempts", user_id: "root", client_ip: "192.0.2.7" },
  ],
  [
    "Disconnecting: Too many authentication failures for root [preauth]",
    { event_type: "sshd_max_attempts", user_id: "root" },
  ],
  [
    "error: Disconnecting: Too many authentication failures",
    { event_type: "sshd_max_attempts", user_id: "" },
  ],
  [
    "Disconnecting authenticating user root 192.0.2.7 port 9: Too many authentication failures [preauth]",
    { event_type: "sshd_max_attempts", user_id: "root", client_ip: "192.0.2.7" },
  ],
  [
    "reverse mapping checking getaddrinfo for a.example [192.0.2.7] failed - POSSIBLE BREAK-IN ATTEMPT!",
    { event_type: "sshd_reverse_mapping_failed", client_ip: "192.0.2.7", severity: "WARNING" },
  ],
  ["Address 192.0.2.7 maps to a.example, but it is another's", { event_type: "sshd_reverse_mapping_failed" }],
  ["Did not receive identification string from 192.0.2.7", { event_type: "sshd_no_identification" }],
  ["error: Did not receive identification string from 192.0.2.7", { event_type: "sshd_no_identification" }],
  ["Illegal user x from 192.0.2.7", { event_type: "sshd_invalid_user", user_id: "x" }],
  [
    "Connection from 192.0.2.7 port 9 on 10.0.0.1",
    { event_type: "sshd_connection_opened", details: { port: 9 } },
  ],
  [
    "Bad protocol version identification '\\003' from 192.0.2.7 port 9",
    { event_type: "sshd_bad_protocol", client_ip: "192.0.2.7" },
  ],
  [
    "User bob from 192.0.2.7 not allowed because not listed in AllowUsers",
    { event_type: "sshd_user_not_allowed", user_id: "bob" },
  ],
  [
    "Server listening on 0.0.0.0 port 22.",
    { event_type: "sshd_listening", details: { address: "0.0.0.0", port: 22 } },
  ],
  ["error: kex_exchange_identification: closed", { event_type: "sshd_error", severity: "ERROR" }],
  [
    "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=root",
    {
      event_type: "sshd_pam_authentication_failure",
      action_result: "",
      user_id: "root",
      client_ip: "192.0.2.7",
    },
  ],
  [
    "PAM 5 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=root",
    { event_type: "sshd_pam_more_failures", details: { failures: 5 } },
  ],
  ["PAM service(sshd) ignoring max retries; 6 > 3", { event_type: "sshd_pam_max_retries" }],
  ["pam_unix(sshd:auth): check pass; user unknown", { event_type: "sshd_pam_unknown_user" }],
  [
    "pam_unix(sshd:session): session opened for user bob by (uid=0)",
    { event_type: "sshd_pam_session_opened", user_id: "bob" },
  ],
  [
    "pam_unix(sshd:session): session closed for user bob",
    { event_type: "sshd_pam_session_closed", user_id: "bob" },
  ],
  [
    "fatal: Write failed: Connection reset by peer [preauth]",
    { event_type: "sshd_fatal", severity: "ERROR" },
  ],
  ["something new", { event_type: "sshd_message", action_result: "" }],
];

describe("sshd: only an outcome is a user_login", () => {
  test.each(sshdRows)("%s", (message, expected) => {
    const event = sshd(message);
    expect(event).toMatchObject(expected);
    expect(event.logsource).toEqual({ product: "linux", service: "sshd", category: "authentication" });
  });

  test("the form of old systems and the split daemon of new ones are sshd too", () => {
    const old = eventOf(
      "Jun 14 15:16:01 combo sshd(pam_unix)[19939]: authentication failure; logname= uid=0 rhost=192.0.2.7 ",
    );
    expect(old).toMatchObject({ event_type: "user_login", action_result: "FAILURE", client_ip: "192.0.2.7" });
    const split = eventOf(
      "Dec 10 06:55:46 h sshd-session[1]: Accepted password for bob from 192.0.2.7 port 1 ssh2",
    );
    expect(split).toMatchObject({ event_type: "user_login", logsource: { service: "sshd" } });
  });

  test("a user name that imitates the rest of the line cannot change the address", () => {
    const event = sshd(
      "Failed password for invalid user x from 9.9.9.9 port 1 ssh2 from 192.0.2.7 port 2 ssh2",
    );
    expect(event).toMatchObject({ client_ip: "192.0.2.7", user_id: "x from 9.9.9.9 port 1 ssh2" });
  });
});

describe("sudo", () => {
  test.each<[string, object]>([
    [
      "   alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/cat /etc/shadow ; id",
      {
        event_type: "sudo_command",
        action_result: "SUCCESS",
        user_id: "alice",
        details: {
          tty: "pts/0",
          pwd: "/home/alice",
          target_user: "root",
          command: "/bin/cat /etc/shadow ; id",
        },
      },
    ],
    [
      "alice : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh",
      {
        event_type: "sudo_command",
        action_result: "FAILURE",
        details: { reason: "3 incorrect password attempts" },
      },
    ],
    [
      "bob : user NOT in sudoers ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh",
      { event_type: "sudo_command", action_result: "FAILURE", user_id: "bob" },
    ],
    [
      "pam_unix(sudo:auth): authentication failure; logname=alice uid=1000 euid=0 tty=/dev/pts/0 ruser=alice rhost=  user=alice",
      { event_type: "sudo_authentication_failure", action_result: "FAILURE", user_id: "alice" },
    ],
    [
      "pam_unix(sudo:session): session opened for user root by alice(uid=0)",
      { event_type: "sudo_pam_session_opened" },
    ],
    ["unable to resolve host x", { event_type: "sudo_message", action_result: "" }],
  ])("%s", (message, expected) => {
    const event = eventOf(`Dec 10 06:55:46 host1 sudo: ${message}`);
    expect(event).toMatchObject({ ...expected, logsource: { product: "linux", service: "sudo" } });
  });
});

test("a line of an unknown program is a syslog_message of the service of its name", () => {
  expect(eventOf("Dec 10 06:55:46 host1 CRON[7]: (root) CMD (x)")).toMatchObject({
    event_type: "syslog_message",
    source_service: "CRON",
    server_hostname: "host1",
    logsource: { product: "linux", service: "cron" },
    raw: "Dec 10 06:55:46 host1 CRON[7]: (root) CMD (x)",
  });
});

describe("a line that cannot be kept is refused", () => {
  test.each([
    ["no time", "hello world", "invalid_event"],
    ["NUL", "Dec 10 06:55:46 h p: a\0b", "unsafe_json"],
    ["a byte order mark", "\ufeffDec 10 06:55:46 h p: a", "malformed_json"],
    ["too long", `Dec 10 06:55:46 h p: ${"x".repeat(256 * 1024)}`, "too_large"],
  ])("%s", (_name, line, code) => {
    expect(textEvent(line, 0, context)).toMatchObject({ fault: { code } });
  });
});

describe("a hostile line of 250 kB is read at once", () => {
  test.each([
    ["sessions", "sshd[1]: pam_unix(sshd:session): session opened for user ", " by "],
    ["attempts", "sshd[1]: Failed password for ", " from a port 1 "],
    ["commands", "sudo: ", " : "],
    ["disconnects", "sshd[1]: Connection closed by user ", "1 port 1 "],
    ["numbers", "sshd[1]: Received disconnect from ", "1: 1: "],
  ])("%s", (_name, start, repeated) => {
    const line = `Dec 10 06:55:46 h ${start}${repeated.repeat(Math.floor(250_000 / repeated.length))}`;
    const event = eventOf(line);
    expect(event.raw).toBe(line);
  });
});

test("a user name is cut for the envelope without breaking a character, and whole in details", () => {
  const name = `${"x".repeat(1023)}😀`;
  const event = sshd(`Failed password for invalid user ${name} from 192.0.2.7 port 1 ssh2`);
  expect(event.user_id).toBe("x".repeat(1023));
  expect(event.details?.user).toBe(name);
});

test("an event, whose id is made when it is read, is a plain object to all who copy it or write it down", () => {
  const line = "Dec 10 06:55:46 host1 sshd[241]: Failed password for root from 192.0.2.7 port 4242 ssh2";
  const plain = {
    event_id: eventIdOf({ source: context.source, position: 0, text: line }),
    timestamp: "2025-12-10T06:55:46.000Z",
    source_service: "sshd",
    server_hostname: "host1",
    event_type: "user_login",
    severity: "WARNING",
    user_id: "root",
    action_result: "FAILURE",
    client_ip: "192.0.2.7",
    logsource: { product: "linux", service: "sshd", category: "authentication" },
    details: {
      program: "sshd",
      pid: 241,
      message: "Failed password for root from 192.0.2.7 port 4242 ssh2",
      method: "password",
      user: "root",
      ip: "192.0.2.7",
      port: 4242,
      protocol: "ssh2",
    },
    raw: line,
    received_at: context.receivedAt,
    source: context.source,
  };
  expect(JSON.stringify(eventOf(line))).toBe(JSON.stringify(plain));
  expect(Object.entries(eventOf(line))).toEqual(Object.entries(plain));
  expect(structuredClone(eventOf(line))).toStrictEqual(plain);
  expect({ ...eventOf(line) }).toStrictEqual(plain);
  expect({ ...eventOf(line), event_id: "another" }.event_id).toBe("another");
});

describe("the public log corpus", () => {
  const read = (file: string): string[] => {
    const folder = process.env.AUDITFLOW_CORPUS;
    if (folder === undefined)
      throw new Error("Set AUDITFLOW_CORPUS to the folder that holds openssh/OpenSSH_2k.log");
    return readFileSync(`${folder}/openssh/${file}`, "utf8")
      .split(/\r?\n/)
      .filter((line) => line !== "");
  };

  test("each of 2,000 lines of sshd is one event, and the 520 failed passwords are the failed logins", () => {
    const lines = read("OpenSSH_2k.log");
    const events = lines.map(eventOf);
    expect(events).toHaveLength(2000);
    const failed = events.filter(
      (event) => event.event_type === "user_login" && event.action_result === "FAILURE",
    );
    expect(failed).toHaveLength(520);
    expect(failed.every(({ raw }) => raw?.includes("Failed password"))).toBe(true);
    expect(events.filter(({ event_type }) => event_type === "sshd_message")).toEqual([]);
  });

  test("each of 2,000 lines of a whole system is one event", () => {
    expect(read("Linux_2k.log").map(eventOf)).toHaveLength(2000);
  });
});
