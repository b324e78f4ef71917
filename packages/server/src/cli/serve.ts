import closeWithGrace from "close-with-grace";
import type { Command } from "commander";
import { type App, createApp, serviceName } from "../app/app.ts";
import { type Config, printableConfig, processEnvironment, readConfig } from "../app/config.ts";
import { openTracing } from "../app/open-tracing.ts";
import { openProcessLog, processInstance } from "../app/process-log.ts";
import { roleNames } from "../app/role-table.ts";
import { serviceManager } from "../app/service-manager.ts";
import { type Setting, type SettingName, settingNames, settings } from "../app/settings.ts";
import type { Logger } from "../telemetry/log.ts";
import { onReloadSignal, onStopSignals } from "./stop-signals.ts";

const examples = `
Examples:
  $ auditflow serve                                  everything in one process, data in ./data
  $ auditflow serve --demo                           the same, with synthetic events and one attack to look at
  $ auditflow serve --data /var/lib/auditflow --port 9000
  $ TRANSPORT_URL=amqp://user:password@mq WINDOWS_URL=redis://cache auditflow serve audit-log-analysis
  $ auditflow serve --print-config                   what was understood, secrets masked`;

/** \`auditflow serve [service...]\`: runs the named services, or all of them, until a signal. */
export function serveCommand(program: Command, done: (code: number) => void): void {
  const command = program
    .command("serve")
    .description("run services: all in one process, or the named ones")
    .argument("[service...]", `${roleNames.join(", ")}, or all`)
    .option("--config <file>", "YAML file of settings (keys as the flags, with _ for -)")
    .option("--print-config", "print the configuration and exit", false);
  for (const name of settingNames) {
    const { flag, env, help, secret, schema }: Setting = settings[name];
    const value = schema["type"] === "boolean" ? "" : " <value>";
    if (secret !== "whole") command.option(`--${flag}${value}`, `${help} [${env}]`);
  }
  command.addHelpText("after", examples);
  command.action(async (services: string[], options: Record<string, unknown>) => {
    done(await serve(services, options));
  });
}

async function serve(services: readonly string[], options: Record<string, unknown>): Promise<number> {
  const env = processEnvironment();
  const file = (options["config"] as string | undefined) ?? env["AUDITFLOW_CONFIG"];
  const config = readConfig({ roles: services, flags: flagsOf(options), env, file });
  if (options["printConfig"] === true) {
    process.stdout.write(`${JSON.stringify(printableConfig(config), null, 2)}\n`);
    return 0;
  }
  await runUntilSignal(config, !env["NO_COLOR"]);
  return 0;
}

/** Commander's camel-case names are the names of the settings. */
function flagsOf(options: Record<string, unknown>): Partial<Record<SettingName, unknown>> {
  return Object.fromEntries(settingNames.map((name) => [name, options[name]]));
}

/** The longest a stop may take; what is not done by then goes back to the broker by itself. */
const stopMilliseconds = 7_000;

/** A terminal under npm delivers Ctrl-C twice; a second signal counts only after this. */
const secondSignalMilliseconds = 1_000;

async function runUntilSignal(config: Config, color: boolean): Promise<never> {
  const who = { service: serviceName(config), instance: processInstance() };
  const tracing = await openTracing(config, who);
  const trace = tracing === undefined ? undefined : () => tracing.logFields();
  const { log: root, levels, close } = await openProcessLog(config, { ...who, trace, color });
  const app = await createApp(config, { log: root, levels, instance: who.instance, tracing });
  const log = root.child({ module: "app" });
  log.info({ "event.name": "service.started", url: app.url, services: config.roles }, "listening");
  if (app.tokenFile !== undefined) {
    const words = "callers need the token of the data folder; `auditflow token` prints it";
    log.info({ "event.name": "token.needed", token_file: app.tokenFile }, words);
  }
  const manager = serviceManager(processEnvironment(), log);
  manager.tell("READY=1");
  // For the person at the terminal; whoever collects the log reads the line above.
  if (process.stderr.isTTY) process.stderr.write(welcome(app));
  const grace = closeWithGrace(
    { delay: stopMilliseconds + 1_000, skip: ["SIGTERM", "SIGINT", "SIGHUP"], logger: false as never },
    async ({ err }) => {
      manager.tell("STOPPING=1");
      if (err !== undefined)
        log.fatal({ "event.name": "process.failed", error: err }, "an error outside any record");
      const inTime = await withDeadline(app.stop(), stopMilliseconds);
      if (inTime) log.info({ "event.name": "service.stopped" }, "stopped");
      else log.warn({ "event.name": "service.stopped_late" }, "stopped before everything was closed");
      await close();
    },
  );
  onSignals(log, grace.close);
  onReloadSignal(() => void app.reload());
  return new Promise<never>(() => undefined);
}

function welcome({ url, tokenFile }: App): string {
  const signIn =
    tokenFile === undefined
      ? ""
      : `Sign in with the token in ${tokenFile}; \`auditflow token\` prints it, too\n`;
  return `\nAuditFlow is ready: ${url}   (Ctrl-C ends it)\n${signIn}\n`;
}

function onSignals(log: Logger, close: () => void): void {
  let first: number | undefined;
  onStopSignals((signal) => {
    if (first === undefined) {
      first = Date.now();
      log.info({ "event.name": "service.stopping", signal }, "stopping");
      close();
    } else if (Date.now() - first > secondSignalMilliseconds) process.exit(1);
  });
}

async function withDeadline(work: Promise<void>, milliseconds: number): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => late.resolve(false), milliseconds);
  const inTime = await Promise.race([work.then(() => true), late.promise]);
  clearTimeout(timer);
  return inTime;
}
