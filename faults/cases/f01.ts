import type { FaultCase } from "../case.ts";

const gateway = "audit-event-gateway";
const kills = 5;
const upLimitMs = 3000;

/** SIGKILL to the gateway, five times, in the middle of requests. */
export const f01: FaultCase = {
  title: "the gateway is killed with -9 five times",
  async run({ system, load, until, measured, problem }) {
    const pids: number[] = [];
    const up: number[] = [];
    for (let n = 0; n < kills; n += 1) {
      const before = load.facts().acked;
      await until(() => load.facts().acked > before + 200, "events are acknowledged again");
      const { pid } = system.process(gateway);
      pids.push(pid);
      // It is held wherever it is and killed once a request is in its hands: without one, nothing would be cut off.
      process.kill(pid, "SIGSTOP");
      await until(() => load.facts().requests > 0, "a request is under way");
      up.push(await system.restart(gateway));
    }
    measured("up_ms", up);
    if (Math.max(...up) > upLimitMs) problem(`the gateway took ${Math.max(...up)} ms to come up`);
    const { unanswered } = load.facts();
    if (unanswered === 0) problem("no request was cut off");
    if (new Set([...pids, system.process(gateway).pid]).size !== kills + 1)
      problem("a process id came again");
    return `processes ${pids.join(", ")} were killed, ${unanswered} requests cut off`;
  },
};
