import { createHash, randomBytes } from "node:crypto";
import { brokerUsers, rightsOf } from "./rabbitmq-rights.ts";

/** Where the servers are: URLs without a user, for which passwords are made, or with one, which are taken as they are. */
export interface ServerUrls {
  readonly rabbitmq: string;
  readonly redis: string;
  readonly postgresql: string;
  /** Mail server of e-mail channels. */
  readonly smtp?: string;
}

/** The URLs of servers that nobody gave: those of the chart's own, or of the compose file without a release. */
export function bundledUrls(release?: string): ServerUrls {
  const host = (server: string): string => (release === undefined ? server : `${release}-${server}`);
  return {
    rabbitmq: `amqp://${host("rabbitmq")}:5672/auditflow`,
    redis: `redis://${host("redis")}:6379`,
    postgresql: `postgres://${host("postgresql")}:5432/auditflow`,
  };
}

/** Every key of the Secret with its value; what is made is random, and new at each call. */
export function makeCredentials(urls: ServerUrls): Record<string, string> {
  return {
    "api-token": randomBytes(32).toString("hex"),
    ...brokerKeys(urls.rabbitmq),
    ...redisKeys(urls.redis),
    ...databaseKeys(urls.postgresql),
    ...(urls.smtp === undefined ? {} : { "smtp-url": urls.smtp }),
  };
}

const password = (): string => randomBytes(24).toString("base64url");

const hasUser = (url: string): boolean => new URL(url).username !== "";

/** The scheme is none of those that URL lets a user be set in everywhere, so the text is put together. */
function withUser(url: string, user: string, secret: string): string {
  return url.replace("://", `://${user}:${secret}@`);
}

function brokerKeys(url: string): Record<string, string> {
  const keys = (urlOf: (user: string) => string) =>
    Object.fromEntries(brokerUsers.map((user) => [`transport-url.${user}`, urlOf(user)]));
  if (hasUser(url)) return keys(() => url);
  const secrets = new Map<string, string>(brokerUsers.map((user) => [user, password()]));
  const vhost = decodeURIComponent(new URL(url).pathname.slice(1)) || "/";
  return {
    ...keys((user) => withUser(url, user, secrets.get(user) ?? "")),
    "rabbitmq-definitions.json": definitions(vhost, secrets),
  };
}

function definitions(vhost: string, secrets: ReadonlyMap<string, string>): string {
  const users = [...secrets].map(([name, secret]) => ({
    name,
    password_hash: brokerHash(secret),
    hashing_algorithm: "rabbit_password_hashing_sha256",
    tags: "",
  }));
  const permissions = brokerUsers.map((user) => ({ user, vhost, ...rightsOf(user) }));
  return JSON.stringify({ vhosts: [{ name: vhost }], users, permissions }, null, 2);
}

/** As RabbitMQ keeps a password: a salt of four bytes, then SHA-256 over salt and password. The broker need not know more. */
function brokerHash(secret: string): string {
  const salt = randomBytes(4);
  const digest = createHash("sha256").update(salt).update(secret).digest();
  return Buffer.concat([salt, digest]).toString("base64");
}

function redisKeys(url: string): Record<string, string> {
  if (hasUser(url) || new URL(url).password !== "") return { "windows-url": url };
  const secret = password();
  const hash = createHash("sha256").update(secret).digest("hex");
  return {
    "windows-url": withUser(url, "auditflow", secret),
    "redis-users.acl": `user default off\nuser auditflow on #${hash} ${redisRights.join(" ")}\n`,
  };
}

/** The keys of the windows, and the commands that the client and its scripts use. */
const redisRights: readonly string[] = [
  "resetchannels",
  "~auditflow:windows:*",
  "-@all",
  ..."ping info select eval evalsha script|load script|exists".split(" ").map(may),
  ..."get set del exists pexpire pttl getrange setrange hget hset hmget hgetall hdel hincrby"
    .split(" ")
    .map(may),
  ..."zadd zcard zcount zscore zmscore zrange zrangebyscore zrevrange zrevrangebyscore".split(" ").map(may),
  ..."zrem zremrangebyrank zremrangebyscore zpopmin".split(" ").map(may),
];

function may(command: string): string {
  return `+${command}`;
}

function databaseKeys(url: string): Record<string, string> {
  if (hasUser(url)) return { "database-url": url };
  const secret = password();
  return { "database-url": withUser(url, "auditflow", secret), "postgresql-password": secret };
}
