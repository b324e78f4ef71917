import {
  type AlertSeverity,
  alertSeverities,
  type Channel,
  type ChannelCreated,
  type ChannelKindName,
  type ChannelTest,
  channelKindNames,
} from "@auditflow/contracts";
import { Argument, type Command, InvalidArgumentError } from "commander";
import { settingsFrom, type TargetOptions } from "./channel-target.ts";
import { addServerOptions, connectServer, type Server, type ServerOptions } from "./connect-server.ts";
import { allChannels, findChannel } from "./find-channel.ts";
import { printable } from "./printable.ts";
import { formatTable } from "./table.ts";
import { writeOut } from "./write-out.ts";

interface ShowOptions extends ServerOptions {
  readonly json: boolean;
}

interface AddOptions extends ShowOptions, TargetOptions {
  readonly name?: string;
  readonly minSeverity: AlertSeverity;
  readonly test: boolean;
}

const examples = `
Examples:
  $ auditflow channel add slack https://hooks.slack.com/services/... --test
  $ auditflow channel add webhook @url.txt --name pager --min-severity CRITICAL
  $ auditflow channel add email ops@example.com,security@example.com --from auditflow@example.com
  $ auditflow channel list
  $ auditflow channel test slack                     send a test notice, see what becomes of it
  $ auditflow channel disable slack                  and enable; remove takes it away`;

/** A channel's URL or signing secret is never on the command line when it is - (standard input) or @file. */
const addHelp = `
A target may be - (standard input) or @file, so that a secret URL is not in the shell's history.

Examples:
  $ auditflow channel add slack https://hooks.slack.com/services/... --test
  $ pass show hook | auditflow channel add webhook - --name pager
  $ auditflow channel add webhook https://example.com/hook --secret-file whsec.txt
  $ auditflow channel add email ops@example.com
  $ auditflow channel add log                        one line in the service's own log`;

/** `auditflow channel …`: adds, shows, tries out, switches and removes the ways to tell people. */
export function channelCommand(program: Command, done: (code: number) => void): void {
  const group = program.command("channel").description("manage the ways to tell people");
  group.addHelpText("after", examples);
  addCommand(group, done);
  listCommand(group, done);
  const one = (name: string, description: string): Command =>
    withJson(group.command(name).description(description).argument("<channel>", "its name or id"));
  one("show", "show one channel, without its secrets").action(async (name: string, options: ShowOptions) => {
    await show(await findChannel(connectServer(options), name), options);
    done(0);
  });
  one("test", "send a test notice at once; ends with 1 when it is not delivered").action(
    async (name: string, options: ShowOptions) => {
      const server = connectServer(options);
      done(await test(server, await findChannel(server, name), options));
    },
  );
  for (const [verb, enabled] of Object.entries({ enable: true, disable: false })) {
    one(verb, enabled ? "tell it again" : "tell it no more, and cancel what waits for it").action(
      async (name: string, options: ShowOptions) => {
        await change(connectServer(options), name, { ...options, enabled });
        done(0);
      },
    );
  }
  one("remove", "take a channel away, and cancel what waits for it").action(
    async (name: string, options: ShowOptions) => {
      await remove(connectServer(options), name, options);
      done(0);
    },
  );
}

function withJson(command: Command): Command {
  return addServerOptions(command.option("--json", "print JSON", false));
}

function addCommand(group: Command, done: (code: number) => void): void {
  const command = group
    .command("add")
    .description("add a way to tell people")
    .addArgument(new Argument("<kind>", "how").choices(channelKindNames))
    .argument("[target]", "where: a URL for slack and webhook, addresses for email, nothing for log")
    .option("--name <name>", "what it is called (default: its kind)")
    .option(
      "--min-severity <severity>",
      `of incidents at least so bad: ${alertSeverities.join(", ")}`,
      parseSeverity,
      "HIGH",
    )
    .option(
      "--secret-file <file>",
      "a webhook's signing secret; - is the standard input (default: one is made)",
    )
    .option("--from <address>", "the sender of mails")
    .option("--test", "send a test notice at once", false);
  withJson(command).addHelpText("after", addHelp);
  command.action(async (kind: ChannelKindName, target: string | undefined, options: AddOptions) => {
    done(await add(kind, target, options));
  });
}

function parseSeverity(text: string): AlertSeverity {
  const severity = alertSeverities.find((known) => known === text.trim().toUpperCase());
  if (severity !== undefined) return severity;
  throw new InvalidArgumentError(`"${text}" is none of ${alertSeverities.join(", ")}`);
}

async function add(kind: ChannelKindName, target: string | undefined, options: AddOptions): Promise<number> {
  const { name, minSeverity: min_severity } = options;
  const settings = settingsFrom(kind, target, options);
  const server = connectServer(options);
  const body = { kind, settings, min_severity, ...(name === undefined ? {} : { name }) };
  const channel = await server.ask<ChannelCreated>("/api/v1/channels", { method: "POST", body });
  if (options.json && !options.test) await writeOut(`${JSON.stringify(channel)}\n`);
  if (!options.json) await writeOut(addedInWords(channel));
  if (!options.test) return 0;
  if (!options.json) return await test(server, channel, options);
  const result = await send(server, channel);
  await writeOut(`${JSON.stringify({ ...channel, test: result })}\n`);
  return codeOf(result);
}

function addedInWords({ name, description, min_severity, secret }: ChannelCreated): string {
  const added = `Added "${printable(name)}": ${printable(description)} is told of incidents from ${min_severity} on\n`;
  return secret === undefined
    ? added
    : `${added}Signing secret: ${secret}\nGive it to the receiver now; it is not shown again\n`;
}

function listCommand(group: Command, done: (code: number) => void): void {
  withJson(group.command("list").description("show every channel")).action(async (options: ShowOptions) => {
    const channels = await allChannels(connectServer(options));
    if (options.json) await writeOut(`${JSON.stringify(channels)}\n`);
    else if (channels.length === 0) await writeOut(`No channel yet: auditflow channel add --help\n`);
    else await writeOut(formatTable(["NAME", "FROM", "STATE", "GOES TO"], channels.map(rowOf)));
    done(0);
  });
}

function rowOf({ name, min_severity, description, ...channel }: Channel): string[] {
  return [printable(name), min_severity, stateOf(channel), printable(description)];
}

function stateOf({ enabled, disabled_reason }: Pick<Channel, "enabled" | "disabled_reason">): string {
  if (enabled) return "on";
  return disabled_reason === null ? "off" : "off by itself";
}

async function show(channel: Channel, { json }: ShowOptions): Promise<void> {
  if (json) return await writeOut(`${JSON.stringify(channel)}\n`);
  const { settings, secrets, disabled_reason } = channel;
  const shown = Object.entries(settings).map(([name, value]) => [name, printable(String(value))]);
  const rows = [
    ...[
      ["id", channel.channel_id],
      ["kind", channel.kind],
      ["goes to", printable(channel.description)],
    ],
    ...[
      ["from severity", channel.min_severity],
      ["state", stateOf(channel)],
    ],
    ...(disabled_reason === null ? [] : [["because", printable(disabled_reason)]]),
    ...shown,
    ...secrets.map((name) => [name, "(set, never shown)"]),
    ["added", channel.created_at],
  ];
  await writeOut(formatTable([printable(channel.name), ""], rows));
}

/** A send may take 15 s, and so may the way to the service that sends. */
const testDeadline = 30_000;

function send(server: Server, { channel_id }: Channel): Promise<ChannelTest> {
  const signal = AbortSignal.timeout(testDeadline);
  return server.ask<ChannelTest>(`/api/v1/channels/${channel_id}/test`, { method: "POST", signal });
}

function codeOf({ outcome }: ChannelTest): number {
  return outcome === "delivered" ? 0 : 1;
}

async function test(server: Server, channel: Channel, { json }: ShowOptions): Promise<number> {
  const result = await send(server, channel);
  if (json) await writeOut(`${JSON.stringify(result)}\n`);
  else await writeOut(testInWords(channel, result));
  return codeOf(result);
}

function testInWords(
  { name, description }: Channel,
  { outcome, status, detail, duration_ms }: ChannelTest,
): string {
  const answered = status === null ? "" : ` (${status})`;
  if (outcome === "delivered")
    return `Test delivered to ${printable(description)} in ${duration_ms} ms${answered}\n`;
  const next =
    outcome === "retry"
      ? `a real notice would be tried again; look at the receiver, then: auditflow channel test "${printable(name)}"`
      : `a real notice would be given up; remove the channel and add it with what is right`;
  return `Test not delivered to ${printable(description)}${answered}: ${printable(detail)}\n${next}\n`;
}

async function change(
  server: Server,
  name: string,
  { enabled, json }: { readonly enabled: boolean; readonly json: boolean },
): Promise<void> {
  const { channel_id } = await findChannel(server, name);
  const path = `/api/v1/channels/${channel_id}`;
  const channel = await server.ask<Channel>(path, { method: "PATCH", body: { enabled } });
  const said = enabled
    ? `"${printable(channel.name)}" is told again, from now on`
    : `"${printable(channel.name)}" is told no more; what waited for it is cancelled`;
  await writeOut(json ? `${JSON.stringify(channel)}\n` : `${said}\n`);
}

async function remove(server: Server, name: string, { json }: ShowOptions): Promise<void> {
  const channel = await findChannel(server, name);
  await server.ask(`/api/v1/channels/${channel.channel_id}`, { method: "DELETE" });
  const said = `Removed "${printable(channel.name)}"; what waited for it is cancelled`;
  await writeOut(json ? `${JSON.stringify(channel)}\n` : `${said}\n`);
}
