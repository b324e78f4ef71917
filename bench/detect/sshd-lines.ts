import { createValues, type Values } from "./values.ts";

/** Someone who tries names and passwords from one address, for as many visits as they have patience. */
interface Visitor {
  readonly ip: string;
  /** What the name service says of the address, when that does not fit. */
  readonly hostname: string | undefined;
  readonly names: readonly string[];
  left: number;
}

const host = "gate-3";
const addresses = 400;
const atOnce = 5;
const firstSecond = Date.UTC(2025, 10, 3, 6, 55, 46) / 1000;

/**
 * Lines such as sshd of an old system writes them on a machine that the internet can reach, in the order of time. What
 * comes how often was counted in a real log: about a quarter are failed logins, from a few hundred addresses.
 */
export function* sshdLines(count: number): Generator<string> {
  const values = createValues(22);
  const visitors: Visitor[] = [];
  let [second, pid, made] = [firstSecond, 24_200, 0];
  while (made < count) {
    while (visitors.length < atOnce) visitors.push(newVisitor(values));
    const at = values.below(visitors.length);
    const visitor = visitors[at]!;
    visitor.left -= 1;
    if (visitor.left <= 0) visitors.splice(at, 1);
    pid = pid > 32_000 ? 1000 : pid + 2;
    for (const message of visit(visitor, values)) {
      second += values.share(pauses);
      if (made < count) yield `${stamp(second)} ${host} sshd[${pid}]: ${message}`;
      made += 1;
    }
  }
}

const pauses = [
  [0, 12],
  [1, 5],
  [2, 3],
  [9, 0.4],
] as const;

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function stamp(second: number): string {
  const moment = new Date(second * 1000);
  const day = String(moment.getUTCDate()).padStart(2, " ");
  return `${months[moment.getUTCMonth()]} ${day} ${moment.toISOString().slice(11, 19)}`;
}

/** A few of the addresses come again and again, most seldom; who comes often has many names. */
function newVisitor(values: Values): Visitor {
  const number = Math.floor(addresses * values.next() ** 2);
  const ip = `${20 + (number % 180)}.${(number * 37) % 256}.${(number * 91) % 256}.${1 + (number % 250)}`;
  const hostname =
    number % 6 === 0 ? `customer-${ip.replaceAll(".", "-")}.isp${number % 9}.example.net` : undefined;
  const names = values.share([
    [["root"], 6],
    [["root", "admin", "root", values.person()], 2],
    [Array.from({ length: 12 }, () => values.pick(guessed)), 2],
  ] as const);
  return { ip, hostname, names, left: 1 + Math.floor(120 * values.next() ** 3) };
}

/** Names that programs guess; the machine has none of them but the first. */
const guessed = [
  ...[
    "root",
    "admin",
    "test",
    "oracle",
    "guest",
    "ubnt",
    "support",
    "pi",
    "git",
    "postgres",
    "ftpuser",
    "nagios",
  ],
  ...[
    "deploy",
    "webmaster",
    "user",
    "mysql",
    "zabbix",
    "hadoop",
    "minecraft",
    "teamspeak",
    "0101",
    "jenkins",
  ],
];

/** What sshd says of one connection. */
function* visit({ ip, hostname, names }: Visitor, values: Values): Generator<string> {
  const user = values.pick(names);
  const port = 1024 + values.below(64_000);
  if (values.below(25) === 0) {
    yield values.pick(silent)(ip);
    return;
  }
  if (hostname !== undefined && values.below(2) === 0) {
    yield `reverse mapping checking getaddrinfo for ${hostname} [${ip}] failed - POSSIBLE BREAK-IN ATTEMPT!`;
  }
  if (user !== "root") yield* strange(user, ip, port);
  else yield* known(user, { ip, port, values });
  yield values.share(farewells)(ip);
}

const silent = [
  (ip: string) => `Did not receive identification string from ${ip}`,
  (ip: string) => `Connection closed by ${ip} [preauth]`,
  (ip: string) => `Connection closed by ${ip} [preauth]`,
  (_ip: string) => "fatal: Write failed: Connection reset by peer [preauth]",
];

const farewells = [
  [(ip: string) => `Received disconnect from ${ip}: 11: Bye Bye [preauth]`, 83],
  [
    (ip: string) =>
      `error: Received disconnect from ${ip}: 14: No more user authentication methods available. [preauth]`,
    9,
  ],
  [(ip: string) => `Connection closed by ${ip} [preauth]`, 6],
  [(ip: string) => `Received disconnect from ${ip}: 11: Closed due to user request. [preauth]`, 1.5],
  [
    (ip: string) =>
      `error: Received disconnect from ${ip}: 3: com.jcraft.jsch.JSchException: Auth fail [preauth]`,
    0.5,
  ],
] as const;

const failure = "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=";

function* strange(user: string, ip: string, port: number): Generator<string> {
  yield `Invalid user ${user} from ${ip}`;
  yield `input_userauth_request: invalid user ${user} [preauth]`;
  yield "pam_unix(sshd:auth): check pass; user unknown";
  yield `${failure}${ip} `;
  yield `Failed password for invalid user ${user} from ${ip} port ${port} ssh2`;
}

interface Attempt {
  readonly ip: string;
  readonly port: number;
  readonly values: Values;
}

function* known(user: string, { ip, port, values }: Attempt): Generator<string> {
  if (values.below(400) === 0) {
    const person = values.person();
    yield `Accepted password for ${person} from ${ip} port ${port} ssh2`;
    yield `pam_unix(sshd:session): session opened for user ${person} by (uid=0)`;
    yield `pam_unix(sshd:session): session closed for user ${person}`;
    return;
  }
  yield `${failure}${ip}  user=${user}`;
  yield `Failed password for ${user} from ${ip} port ${port} ssh2`;
  if (values.below(70) > 0) return;
  yield `message repeated ${2 + values.below(5)} times: [ Failed password for ${user} from ${ip} port ${port} ssh2]`;
  yield `Disconnecting: Too many authentication failures for ${user} [preauth]`;
  yield `PAM ${2 + values.below(4)} more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=${ip}  user=${user}`;
  yield `PAM service(sshd) ignoring max retries; ${4 + values.below(3)} > 3`;
}
