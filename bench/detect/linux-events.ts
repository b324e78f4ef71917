import type { Fields, Shares, Values } from "./values.ts";

const syscalls = [
  ["openat", 257],
  ["execve", 59],
  ["connect", 42],
  ["unlinkat", 263],
  ["fchmodat", 268],
  ["renameat2", 316],
  ["sendto", 44],
] as const;

const programs = [
  "nginx",
  "postgres",
  "python3.11",
  "java",
  "node",
  "runc",
  "containerd",
  "systemd",
  "rsync",
  "git",
  "cron",
];

/** A record of Linux auditd as collectors write it: numbers and names of the system call, about 300 bytes. */
export function auditd(values: Values): Fields {
  const shared = { node: values.thing(), timestamp: values.time(), serial: values.below(9e6) };
  return { ...shared, ...values.share(auditKinds)(values) };
}

const auditKinds: Shares<(values: Values) => Fields> = [
  [pathRecord, 3],
  [execRecord, 2],
  [unitRecord, 1],
  [callRecord, 4],
];

function pathRecord(values: Values): Fields {
  const name = `/srv/${values.thing()}/${values.hex(8)}.log`;
  return {
    ...{ type: "PATH", item: values.below(3), name, inode: values.below(9e6), dev: "fd:01", mode: "0100644" },
    ...{ ouid: values.below(1200), ogid: 0, rdev: "00:00", nametype: "NORMAL", cap_fp: "0", cap_fi: "0" },
  };
}

function execRecord(values: Values): Fields {
  const program = `/usr/bin/${values.pick(programs)}`;
  return {
    type: "EXECVE",
    argc: 3,
    a0: program,
    a1: `--config=/etc/${values.thing()}.conf`,
    a2: values.thing(),
  };
}

function unitRecord(values: Values): Fields {
  const type = values.pick(["SERVICE_START", "SERVICE_STOP"]);
  const unit = { unit: values.thing(), comm: "systemd", exe: "/usr/lib/systemd/systemd", res: "success" };
  return { type, ...idsOf(values), ses: 4_294_967_295, ...unit };
}

function callRecord(values: Values): Fields {
  const program = values.pick(programs);
  const [SYSCALL, syscall] = values.pick(syscalls);
  return {
    ...{ type: "SYSCALL", arch: "c000003e", syscall, SYSCALL, success: "yes", exit: values.below(20) },
    ...{ a0: values.hex(12), a1: values.hex(12), a2: values.hex(5), a3: "0", items: 2, ...idsOf(values) },
    ...{
      euid: values.below(1200) + 100,
      tty: "(none)",
      comm: program,
      exe: `/usr/bin/${program}`,
      key: "watched",
    },
  };
}

function idsOf(values: Values): Fields {
  const [ppid, pid] = [values.below(40_000), values.below(40_000)];
  return { ppid, pid, auid: 4_294_967_295, uid: values.below(1200) };
}

/** A line of a Linux log as its parser gives it: program, message, fields, and the line itself. */
function line(
  values: Values,
  program: string,
  { message, ...fields }: Fields & { readonly message: string },
): Fields {
  const [timestamp, host, pid] = [values.time(), values.thing(), values.below(40_000)];
  const raw = `${timestamp} ${host} ${program}[${pid}]: ${message}`;
  return { timestamp, server_hostname: host, program, pid, message, ...fields, raw };
}

/** A line of sshd. */
export function sshdLine(values: Values): Fields {
  const [user, ip, port] = [values.person(), values.ip(), values.below(60_000) + 1024];
  const messages = [
    `Accepted publickey for ${user} from ${ip} port ${port} ssh2: ED25519 SHA256:${values.hex(43)}`,
    `Failed password for ${user} from ${ip} port ${port} ssh2`,
    `Connection closed by ${ip} port ${port} [preauth]`,
    `pam_unix(sshd:session): session opened for user ${user} by (uid=0)`,
    `Received disconnect from ${ip} port ${port}:11: disconnected by user`,
  ];
  return line(values, "sshd", { message: values.pick(messages), user, client_ip: ip, port });
}

/** A line of sudo. */
export function sudoLine(values: Values): Fields {
  const user = values.person();
  const command = `/usr/bin/systemctl reload ${values.thing()}.service`;
  const [TTY, PWD, USER] = [
    `pts/${values.below(40)}`,
    `/home/${user}`,
    values.pick(["root", "deploy", "postgres"]),
  ];
  const message = `${user} : TTY=${TTY} ; PWD=${PWD} ; USER=${USER} ; COMMAND=${command}`;
  return line(values, "sudo", { message, user, TTY, PWD, USER, COMMAND: command });
}

/** A line of a program that nobody parses: cron, the kernel, systemd, a web server. */
export function syslogLine(values: Values, program: string): Fields {
  const messages = [
    `Started Session ${values.below(9999)} of user ${values.person()}.`,
    `(${values.person()}) CMD (/usr/local/bin/${values.thing()} --quiet >/dev/null)`,
    `${values.thing()}: request ${values.uuid()} took ${values.below(900)} ms, ${values.below(9000)} bytes sent`,
    `[UFW BLOCK] IN=eth0 SRC=${values.ip()} DST=${values.ip()} LEN=40 TTL=${values.below(250)} PROTO=TCP DPT=${values.below(9999)}`,
    `connection from ${values.ip()} accepted for ${values.thing()}`,
  ];
  return line(values, program, { message: values.pick(messages) });
}

/** A command that a Cisco device reported to its accounting server. */
export function ciscoCommand(values: Values): Fields {
  const port = `${values.below(48)}/${values.below(8)}`;
  const commands = [
    `interface GigabitEthernet${port}`,
    `ip address ${values.ip()} 255.255.255.0`,
    `description uplink ${values.thing()}`,
    `ping ${values.ip()}`,
    `switchport trunk native vlan ${values.below(4000)}`,
  ];
  const user = values.person();
  const command = values.pick(commands);
  return line(values, "PARSER-5-CFGLOG_LOGGEDCMD", {
    message: `User:${user}  logged command:${command}`,
    user,
    command,
  });
}
