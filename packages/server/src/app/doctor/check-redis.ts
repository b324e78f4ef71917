import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import type { Clock } from "../../telemetry/clock.ts";
import { clockSkew } from "./clock-skew.ts";
import { connectionFault } from "./connection-fault.ts";
import { type Check, type Found, fail, ok, warn } from "./finding.ts";
import { leastVersion } from "./least-version.ts";

const callMs = 3_000;

const server = { product: "Redis", setting: "WINDOWS_URL", isRunning: "redis-cli ping" } as const;

/** Whether Redis can be reached, keeps what it is told, never throws windows away, and runs our scripts. */
export function checkRedis(url: string, clock: Clock): Check {
  return {
    area: "redis",
    fix: "See Redis's log; `redis-cli info` shows how it is.",
    run: () => look(url, clock),
  };
}

async function look(url: string, clock: Clock): Promise<Found[]> {
  let trouble: Error | undefined;
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: callMs,
    commandTimeout: callMs,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
    retryStrategy: () => null,
  });
  redis.on("error", (error: Error) => {
    trouble ??= error;
  });
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    redis.disconnect();
    // What the socket met says more than that the connection is closed.
    return [refusal(trouble ?? error)];
  }
  try {
    const info = await redis.info().catch(() => "");
    return [ok("connected"), ...redisFacts(info), await scripts(redis), await skew(redis, clock)];
  } finally {
    redis.disconnect();
  }
}

/** What the text of INFO tells of version, durability and memory. */
export function redisFacts(info: string): Found[] {
  const facts = factsOf(info);
  return facts.size === 0 ? [noInfo] : [...versionOf(facts), ...durability(facts), ...memory(facts)];
}

const noInfo = warn(
  "INFO is not allowed, so that durability and memory cannot be looked at",
  "Allow it for this look: `redis-cli ACL SETUSER NAME +info`.",
);

function refusal(error: unknown): Found {
  const words = error instanceof Error ? error.message : String(error);
  if (/NOAUTH|WRONGPASS|invalid password|without any password/i.test(words)) {
    const fix =
      "Correct user and password in WINDOWS_URL (redis://USER:PASSWORD@HOST; without a user, redis://:PASSWORD@HOST).";
    return fail(`Redis does not let us in: ${words}`, fix);
  }
  return (
    connectionFault(error, server) ?? fail(`cannot connect: ${words}`, "See Redis's log for the reason.")
  );
}

/** The lines of INFO as names and values. */
function factsOf(info: string): ReadonlyMap<string, string> {
  const pairs = [...info.matchAll(/^(\w+):(.*)\r?$/gm)];
  return new Map(pairs.map(([, name = "", value = ""]) => [name, value.trim()]));
}

function versionOf(info: ReadonlyMap<string, string>): Found[] {
  const version = info.get("redis_version") ?? "";
  return [leastVersion("Redis", version, { least: "6.2", fix: "Upgrade Redis to 6.2 or later." })];
}

function durability(info: ReadonlyMap<string, string>): Found[] {
  const found: Found[] = [];
  if (info.get("role") === "slave") {
    found.push(fail("this is a replica and takes no writes", "Name the master in WINDOWS_URL."));
  }
  if (info.get("aof_enabled") !== "1") {
    const fix =
      "Switch it on: `redis-cli CONFIG SET appendonly yes` and `redis-cli CONFIG REWRITE` (appendfsync everysec is enough).";
    found.push(warn("the append-only file is off: a crash loses the windows of correlation rules", fix));
  } else if (info.get("aof_last_write_status") === "err") {
    found.push(fail("the append-only file cannot be written", "Free the disk of Redis; its log says more."));
  } else found.push(ok("the append-only file is on"));
  return found;
}

function memory(info: ReadonlyMap<string, string>): Found[] {
  const policy = info.get("maxmemory_policy") ?? "noeviction";
  const most = Number(info.get("maxmemory") ?? 0);
  const used = Number(info.get("used_memory") ?? 0);
  if (most > 0 && policy !== "noeviction") {
    const fix = "Set it: `redis-cli CONFIG SET maxmemory-policy noeviction` and `redis-cli CONFIG REWRITE`.";
    return [fail(`maxmemory-policy is ${policy}: Redis throws windows away when its memory is full`, fix)];
  }
  if (most > 0 && used > 0.9 * most) {
    const share = Math.round((100 * used) / most);
    return [warn(`${share} % of maxmemory is used`, "Raise it: `redis-cli CONFIG SET maxmemory 2gb`.")];
  }
  return [
    ok(
      `nothing is thrown away when memory is full (${most > 0 ? `${policy}, ` : "no maxmemory, "}${megabytes(used)} used)`,
    ),
  ];
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1_000_000)} MB`;
}

/** Writes, reads and removes one key in one script, as windows do. */
const trial = `redis.call("SET", KEYS[1], "1", "PX", 1000)
local value = redis.call("GET", KEYS[1])
redis.call("DEL", KEYS[1])
return value`;

async function scripts(redis: Redis): Promise<Found> {
  try {
    await redis.eval(trial, 1, `auditflow:windows:doctor:${randomUUID()}`);
    return ok("scripts may run, and may write our keys");
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    const fix = /NOPERM|permission/i.test(words)
      ? "Give the user its rights: `redis-cli ACL SETUSER NAME +@all ~auditflow:*`."
      : "See Redis's log: it takes no writes.";
    return fail(`a script did not run: ${words}`, fix);
  }
}

async function skew(redis: Redis, clock: Clock): Promise<Found> {
  const asked = clock.now();
  const [seconds, microseconds] = await redis.time();
  const theirs = Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
  return clockSkew({ of: "Redis", theirs, asked, answered: clock.now() });
}
