import type { FaultCase } from "../case.ts";

const rounds = 2;
const everyMs = 5000;

/** Every connection of every service is reset (RST), again and again. */
export const f14: FaultCase = {
  title: "every connection to every server is reset every five seconds",
  async run({ system, load, measured, problem, lasts, until }) {
    let dropped = 0;
    const acked: number[] = [];
    for (let n = 0; n < rounds; n += 1) {
      const links = system.allLinks();
      await until(() => links.every((link) => link.connections() > 0), "every link is in use again");
      dropped += links.reduce((sum, link) => sum + link.connections(), 0);
      for (const link of links) link.resetAll();
      const before = load.facts().acked;
      await lasts(everyMs);
      acked.push(load.facts().acked - before);
    }
    measured("acked_per_round", acked);
    if (Math.min(...acked) === 0) problem("in one of the rounds nothing was acknowledged");
    return dropped === 0 ? "" : `${dropped} connections of ${system.allLinks().length} links were reset`;
  },
};
