import { setTimeout as pause } from "node:timers/promises";
import type { Bench } from "../case.ts";
import { queues } from "../system/run-servers.ts";
import { judge, type Testimony } from "./judge.ts";
import { allAlerts, allIncidents, changesAfter, lookup, quarantined } from "./read-api.ts";

const pollMs = 250;
/** Polls without a change after which all that was to come may have come. */
const stablePolls = 5;
/** So long without a change, and nothing more will come: longer than any wait between two tries. */
const patienceMs = 45_000;
const limitMs = 120_000;

/** What the drain has to know of the case. */
export interface DrainOptions {
  readonly refuses: Testimony["refuses"];
  readonly isBrokerUsed: boolean;
}

/**
 * Waits until what the product says does not change any more, and collects it. Five polls without a change are enough when
 * nothing is missing; when something is, it has 45 s without a change to come after all. After two minutes what there is is
 * collected all the same: a judge who has seen nothing says nothing.
 */
export async function drain(bench: Bench, options: DrainOptions): Promise<Testimony> {
  const watch = new Watch(bench, options);
  const begun = performance.now();
  let last = "";
  let since = begun;
  let same = 0;
  for (;;) {
    const state = await watch.state().catch((error: unknown) => `${performance.now()} ${String(error)}`);
    const now = performance.now();
    if (state !== last) since = now;
    same = state === last ? same + 1 : 0;
    last = state;
    if (same > 0 && same % stablePolls === 0) {
      const testimony = await collect(bench, options);
      if (isWhole(testimony) || now - since > patienceMs) return testimony;
    }
    if (now - begun > limitMs) {
      bench.problem(`after ${limitMs / 1000} s it still changes: ${last.slice(0, 300)}`);
      return await collect(bench, options);
    }
    await pause(pollMs);
  }
}

function isWhole(testimony: Testimony): boolean {
  return judge(testimony).missing === 0;
}

/** Looks again and again at what may still change. */
class Watch {
  readonly #bench: Bench;
  readonly #isBrokerUsed: boolean;
  #place: string | undefined;
  #changes = 0;

  constructor(bench: Bench, { isBrokerUsed }: DrainOptions) {
    this.#bench = bench;
    this.#isBrokerUsed = isBrokerUsed;
  }

  /** A text that is the same as long as nothing happens. */
  async state(): Promise<string> {
    const { servers, system, oracle } = this.#bench;
    const { deliveries } = await oracle.report();
    const { events, alerts, quarantine } = queues;
    const waiting = this.#isBrokerUsed ? await servers.depths([events, alerts, quarantine]) : [];
    const { changes, position } = await changesAfter(system.api(), this.#place);
    this.#place = position;
    this.#changes += changes;
    return JSON.stringify([this.#changes, deliveries.length, waiting]);
  }
}

async function collect({ system, oracle }: Bench, { refuses }: DrainOptions): Promise<Testimony> {
  const api = system.api();
  const rows = await allAlerts(api);
  return {
    ...{ rows, refuses, incidents: await allIncidents(api), quarantined: await quarantined(api) },
    alerts: await lookup(api, [...new Set(rows.map(({ alert_id }) => alert_id))]),
    report: await oracle.report(),
  };
}
