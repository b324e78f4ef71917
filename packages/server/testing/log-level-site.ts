import { services } from "@auditflow/contracts";
import { CommandHub, type CommandLink } from "../src/telemetry/command-link.ts";
import { LogLevelDesk, type LogLevelDeskOptions } from "../src/telemetry/log-level-desk.ts";
import { LogLevels } from "../src/telemetry/log-levels.ts";
import { transportCommandLink } from "../src/telemetry/transport-command-link.ts";
import { memoryTransport } from "../src/transport/memory.ts";
import type { Transport } from "../src/transport/transport.ts";
import { silentLog } from "./silent-log.ts";

const clock = { now: () => Date.now() };

/** Processes that hear each other over one transport, as far as log levels go. */
export class LogLevelSite {
  readonly transport: Transport = memoryTransport({ clock });
  readonly #undo: (() => unknown)[] = [() => this.transport.stop()];
  #ids = 0;

  /** A process on the transport, or on the link given. */
  process(
    instance: string,
    options: Partial<LogLevelDeskOptions> & { over?: CommandLink | undefined } = {},
  ): { desk: LogLevelDesk; hub: CommandHub; levels: LogLevels } {
    const { over, ...rest } = options;
    const own = rest.services ?? (["audit-log-analysis"] as const);
    const hub = new CommandHub("over" in options ? over : transportCommandLink(this.transport, own[0]!));
    const levels = new LogLevels(silentLog.child({}), { clock });
    const desk = new LogLevelDesk({
      ...{ levels, instance, services: own, everyService: services, link: hub, log: silentLog },
      newId: () => `${instance}-${++this.#ids}`,
      ...rest,
    });
    this.later(async () => {
      await desk.stop();
      await hub.stop();
      levels.stop();
    });
    return { desk, hub, levels };
  }

  /** What must be undone before what came earlier. */
  later(step: () => unknown): void {
    this.#undo.push(step);
  }

  async close(): Promise<void> {
    for (const step of this.#undo.splice(0).reverse()) await step();
  }
}
