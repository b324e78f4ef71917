import type { ServiceReport } from "@auditflow/contracts";
import { uuidv7 } from "uuidv7";
import { knownProcesses } from "../api/known-processes.ts";
import type { Database } from "../database/database.ts";
import type { Clock } from "../telemetry/clock.ts";
import { CommandHub, type CommandLink } from "../telemetry/command-link.ts";
import { HttpCommandLink } from "../telemetry/http-command-link.ts";
import type { Logger } from "../telemetry/log.ts";
import { LogLevelDesk, type LogLevelDeskOptions } from "../telemetry/log-level-desk.ts";
import { RuleDesk } from "../telemetry/rule-desk.ts";
import { type RuleSetBoard, ruleSetBoard } from "../telemetry/rule-set-board.ts";
import { transportCommandLink } from "../telemetry/transport-command-link.ts";
import type { Transport } from "../transport/transport.ts";
import type { Config } from "./config.ts";
import type { Stoppable } from "./resources.ts";
import { roleNames } from "./role-table.ts";

/** What commands stand on in a process: the resources are absent that no role of it needs. */
export interface ControlOptions {
  readonly config: Pick<Config, "roles" | "upstreams" | "apiToken">;
  readonly own: {
    readonly log: Logger;
    readonly levels: LogLevelDeskOptions["levels"];
    readonly instance: string;
  };
  readonly transport?: Transport;
  readonly database?: Database;
  readonly clock: Clock;
}

/** The way of a process to all others. */
export interface Control extends Stoppable {
  readonly commands: CommandHub;
  readonly logLevels: LogLevelDesk;
  readonly rules: RuleDesk;
  /** What its reports say of its rules. */
  readonly ruleSet: RuleSetBoard;
  /** Has what this process did written down; undefined when it knows no way to those who do. */
  readonly report: ((report: ServiceReport) => Promise<void>) | undefined;
}

/** Listens for commands from now on: over the transport, or without one over HTTP to notification-service. */
export function startControl(options: ControlOptions): Control {
  const { config, own, database, clock } = options;
  const log = own.log.child({ module: "app" });
  const { link, report } = wayOut(options, log);
  const commands = new CommandHub(link);
  const known = database === undefined ? undefined : knownProcesses(database, clock);
  const logLevels = new LogLevelDesk({
    ...{ levels: own.levels, instance: own.instance, log, link: commands, newId: uuidv7 },
    ...{ services: config.roles, everyService: roleNames, known },
  });
  const rules = new RuleDesk({ instance: own.instance, log, link: commands, newId: uuidv7, known });
  const stop = async (): Promise<void> => {
    await rules.stop();
    await logLevels.stop();
    await commands.stop();
  };
  return { commands, logLevels, rules, ruleSet: ruleSetBoard(clock), report, stop };
}

function wayOut(
  { config, transport }: ControlOptions,
  log: Logger,
): { link: CommandLink | undefined; report: Control["report"] } {
  const [role] = config.roles;
  if (transport !== undefined && role !== undefined) {
    return {
      link: transportCommandLink(transport, role),
      report: (report) => transport.publish("control", [report]),
    };
  }
  const url = config.upstreams["notification-service"];
  if (url === undefined) return { link: undefined, report: undefined };
  const link = new HttpCommandLink({ url, token: config.apiToken, log });
  return { link, report: (report) => link.report(report) };
}
