import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Alert, AuditEvent } from "@auditflow/contracts";
import type { RuleSet } from "@auditflow/sigma";
import { Ajv } from "ajv";
import { parse } from "yaml";
import type { Clock } from "../telemetry/clock.ts";
import type { Windows } from "../windows/windows.ts";
import { createAnalyser } from "./analyser.ts";

/** One case of a `.test.yml` file: events, and what the rule beside it must make of them. */
export interface RuleTest {
  /** The claim that the case proves. */
  readonly name: string;
  readonly file: string;
  readonly events: readonly AuditEvent[];
  /** How many alerts of the rule stand when everything has settled. */
  readonly alerts: number;
  /** The `count` of each, in order of time. */
  readonly counts: readonly number[] | undefined;
}

/** The day on which events with `at` instead of `timestamp` happen. */
const day = "2026-01-01";

/**
 * Reads the cases of every `<name>.test.yml` of a folder.
 * @throws Error that names file, case and fault when a case is not as it must be.
 */
export async function readRuleTests(folder: string): Promise<readonly RuleTest[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith(".test.yml")).sort();
  const tests = await Promise.all(files.map(async (name) => casesOf(join(folder, name))));
  return tests.flat();
}

async function casesOf(file: string): Promise<RuleTest[]> {
  const content = parse(await readFile(file, "utf8")) as { tests?: RawCase[] };
  if (!Array.isArray(content?.tests) || content.tests.length === 0)
    throw new Error(`${file}: no list "tests"`);
  return content.tests.map((raw) => {
    const { name, events = [], alerts, counts } = raw;
    if (typeof name !== "string" || typeof alerts !== "number")
      throw new Error(`${file}: a test needs name and alerts`);
    return {
      name,
      file,
      alerts,
      counts,
      events: events.map((event, index) => complete(event, { file, name, index })),
    };
  });
}

interface RawCase {
  readonly name?: unknown;
  readonly events?: readonly Record<string, unknown>[];
  readonly alerts?: unknown;
  readonly counts?: readonly number[];
}

const validate = new Ajv().compile(AuditEvent);

function complete(
  { at, ...given }: Record<string, unknown>,
  place: { readonly file: string; readonly name: string; readonly index: number },
): AuditEvent {
  const event = {
    event_id: `00000000-0000-4000-8000-${String(place.index + 1).padStart(12, "0")}`,
    timestamp: new Date(Date.parse(`${day}T${String(at ?? "00:00:00")}Z`)).toISOString(),
    source_service: "test",
    server_hostname: "host-1",
    event_type: "test",
    severity: "INFO",
    user_id: "",
    action_result: "",
    ...given,
  };
  if (validate(event)) return event as AuditEvent;
  const [fault] = validate.errors ?? [];
  throw new Error(
    `${place.file}: "${place.name}", event ${place.index + 1}: ${fault?.instancePath} ${fault?.message}`,
  );
}

/** What a case is played with. */
export interface RuleTestSurroundings {
  /** Every rule of the pack: a correlation rule may count matches of a rule in another file. */
  readonly rules: RuleSet;
  /** A fresh, empty window store. */
  readonly windows: Windows;
  readonly clock: Clock;
}

/** Plays a case and returns the standing alerts of the rules in the file beside the test, in order of time. */
export async function playRuleTest(test: RuleTest, around: RuleTestSurroundings): Promise<readonly Alert[]> {
  const beside = test.file.replace(/\.test\.yml$/, ".yml");
  const tested = new Set(around.rules.rules.filter(({ file }) => file === beside).map(({ id }) => id));
  if (tested.size === 0) throw new Error(`${test.file}: no rule was loaded from ${beside}`);
  const analyser = createAnalyser(around);
  const revisions = [...(await analyser.take(test.events)), ...(await analyser.flush())];
  const latest = new Map(revisions.map((alert) => [alert.alert_id, alert]));
  return [...latest.values()]
    .filter((alert) => tested.has(alert.analysis_rule.rule_id) && alert.merged_into === undefined)
    .sort((a, b) => a.first_event_at.localeCompare(b.first_event_at));
}
