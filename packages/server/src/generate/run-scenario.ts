import type { Scenario, ScenarioRun } from "@auditflow/contracts";
import { V7Generator } from "uuidv7";
import { formatTimestamp } from "../telemetry/clock.ts";
import { castOf } from "./casting.ts";
import { completeOutline, type SyntheticEvent } from "./event-template.ts";
import { type ScenarioScript, scenarios } from "./scenarios.ts";

/** The scenario of this name; undefined: there is none. */
export function findScenario(name: string): ScenarioScript | undefined {
  return scenarios.find((scenario) => scenario.name === name);
}

/** What the API says of every scenario. */
export function describeScenarios(): Scenario[] {
  return scenarios.map(({ play, rules, ...told }) => ({
    ...told,
    events: play(castOf(0)).length,
    rules: [...rules],
  }));
}

/** One run: its events, which end at `now`, and what the API says of it. */
export interface Performance {
  readonly events: readonly SyntheticEvent[];
  readonly run: ScenarioRun;
}

/** Plays a scenario with the cast of this run number. */
export function perform(
  script: ScenarioScript,
  { run, now }: { readonly run: number; readonly now: number },
): Performance {
  const cast = castOf(run);
  const ids = new V7Generator();
  const events = script.play(cast).map(({ before, outline }) =>
    completeOutline(outline, {
      eventId: ids.generateOrResetWithTs(now - before).toString(),
      timestamp: formatTimestamp(now - before),
      receivedAt: formatTimestamp(now),
    }),
  );
  return {
    events,
    run: {
      scenario: script.name,
      events: events.length,
      event_ids: events.map(({ event_id }) => event_id),
      rules: [...script.rules],
      user_id: script.play(cast).at(-1)!.outline.user_id,
      client_ip: cast.address,
    },
  };
}
