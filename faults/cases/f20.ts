import type { Bench, FaultCase } from "../case.ts";
import { quarantined } from "../judge/read-api.ts";
import { lotOf } from "../load/event-of.ts";

const service = "audit-log-analysis";
const poison = "lot-07";
const enough = 60;

/** One event of a hundred crashes the code that handles it, each time it is tried. */
export const f20: FaultCase = {
  title: "one event of a hundred makes its handler crash",
  env: { [service]: { AUDITFLOW_FAILPOINT: `transport.received:error:${poison}` } },
  refuses: (id) => lotOf(id) === poison,
  async run({ system, load, until, measured }) {
    const crashes = (): number =>
      system.process(service).stderr().split("failpoint transport.received").length - 1;
    await until(() => load.facts().ackedInFault >= 1000 && crashes() >= enough, "handlers crash", 30_000);
    measured("crashes", crashes());
    return `the handler crashed ${crashes()} times, on the events of ${poison}`;
  },
  async afterwards(bench) {
    await onlyPoisonIsInQuarantine(bench);
  },
};

/** That each is there and no other the judge has seen; here: with which reason. */
async function onlyPoisonIsInQuarantine({ system, measured, problem }: Bench): Promise<void> {
  const records = await quarantined(system.api());
  measured("quarantined", new Set(records.map(({ body }) => JSON.parse(body).event_id)).size);
  for (const { code, reason, group, topic } of records) {
    const isSaid = code === "handler_failed" && reason.includes("failpoint transport.received");
    if (!isSaid || group !== service || topic !== "events")
      problem(`a record is in quarantine as ${code} by ${group} from ${topic}: ${reason.slice(0, 200)}`);
  }
}
