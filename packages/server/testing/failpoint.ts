import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { FailpointName } from "../src/telemetry/no-failpoint.ts";

/** What a failpoint does and when. */
interface Fault {
  readonly name: string;
  readonly act: "kill" | "error" | { readonly delayMs: number };
  /** Only the nth time that the place is passed; undefined: each time. */
  readonly nth: number | undefined;
  /** Only when what is in hand contains this text; undefined: whatever it is. */
  readonly text: string | undefined;
  passed: number;
}

/** Every place, so that a misspelt name is refused instead of never being passed. */
const names: Readonly<Record<FailpointName, true>> = {
  "gateway.confirmed": true,
  "transport.received": true,
  "detect.stepped": true,
  "detect.committed": true,
  "detect.confirmed": true,
  "alerts.committing": true,
  "notify.committed": true,
  "notify.sent": true,
  "database.migrating": true,
};

/** `AUDITFLOW_FAILPOINT` is heeded by this build. */
export const heedsFailpoints: boolean = true;

const faults = parse(process.env["AUDITFLOW_FAILPOINT"] ?? "");

/**
 * Does what `AUDITFLOW_FAILPOINT` asks of this place: kills the process as SIGKILL does, throws, or waits. Each time
 * it says so on standard error first, as `failpoint NAME ACT`, whatever becomes of the process.
 */
export function failpoint(name: FailpointName, about?: unknown): Promise<void> | undefined {
  let wait: Promise<void> | undefined;
  for (const fault of faults) {
    if (fault.name !== name || !concerns(fault, about)) continue;
    fault.passed += 1;
    if (fault.nth !== undefined && fault.passed !== fault.nth) continue;
    wait = carryOut(fault) ?? wait;
  }
  return wait;
}

function concerns({ text }: Fault, about: unknown): boolean {
  if (text === undefined) return true;
  return (typeof about === "string" ? about : (JSON.stringify(about) ?? "")).includes(text);
}

function carryOut({ name, act }: Fault): Promise<void> | undefined {
  writeSync(2, `failpoint ${name} ${typeof act === "string" ? act : `delay=${act.delayMs}`}\n`);
  if (act === "kill") process.kill(process.pid, "SIGKILL");
  else if (act === "error") throw new Error(`failpoint ${name}`);
  else return sleep(act.delayMs);
  return undefined;
}

/** Reads `NAME:ACT[:NTH|:TEXT][;...]`; the text may hold colons and no semicolon. */
function parse(all: string): Fault[] {
  return all
    .split(";")
    .filter((one) => one.trim() !== "")
    .map((one) => {
      const [, name = "", act = "", when] = /^\s*([^:]+):([^:]+)(?::(.+))?$/.exec(one) ?? [];
      if (!Object.hasOwn(names, name))
        throw unreadable(one, `known places are ${Object.keys(names).join(", ")}`);
      const isCount = when !== undefined && /^[1-9]\d*$/.test(when);
      return {
        ...{ name, act: actOf(one, act), passed: 0 },
        ...{ nth: isCount ? Number(when) : undefined, text: isCount ? undefined : when },
      };
    });
}

function actOf(one: string, act: string): Fault["act"] {
  if (act === "kill" || act === "error") return act;
  const [, ms] = /^delay=(\d+)$/.exec(act) ?? [];
  if (ms === undefined) throw unreadable(one, "after the place comes kill, error or delay=MILLISECONDS");
  return { delayMs: Number(ms) };
}

function unreadable(one: string, why: string): Error {
  return new Error(`AUDITFLOW_FAILPOINT: "${one}" cannot be read: ${why}`);
}
