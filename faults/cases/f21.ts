import type { FaultCase } from "../case.ts";
import { expectNothingRefused } from "../facts/quarantine.ts";
import { queues } from "../system/run-servers.ts";

const part = "audit-log-analysis";
const kills = 25;
/** Longest life between two deaths; many end before the first batch is done. */
const longestLifeMs = 2500;

/** A crash loop from outside: no event is to blame, so none may end refused, however often it was in hand. */
export const f21: FaultCase = {
  title: `audit-log-analysis is killed with -9 ${kills} times in a row`,
  async run(bench) {
    const { system, servers } = bench;
    const pids = new Set<number>();
    let mostAlone = 0;
    let inHand = 0;
    const began = performance.now();
    for (let n = 0; n < kills; n += 1) {
      pids.add(system.process(part).pid);
      await system.kill(part);
      const alone = await servers.queue(`${queues.events}.alone`);
      mostAlone = Math.max(mostAlone, alone.messages);
      await system.start(part);
      // Half of them as soon as the broker hands out messages again, the others anywhere.
      await bench.until(
        async () => (await servers.queue(queues.events)).consumers > 0,
        `${part} consumes again`,
        30_000,
      );
      inHand += 1;
      if (n % 2 === 0) await bench.lasts(bench.random() * longestLifeMs);
    }
    bench.measured("kills", kills);
    bench.measured("seconds", Math.round((performance.now() - began) / 1000));
    bench.measured("most_messages_set_aside", mostAlone);
    if (pids.size !== kills) bench.problem(`${kills} processes were to die, and ${pids.size} did`);
    return `${pids.size} processes killed, ${inHand} after the broker counted them as consumers`;
  },
  afterwards: expectNothingRefused,
};
