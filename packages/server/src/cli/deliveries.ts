import {
  AuditFlowError,
  type Delivery,
  type DeliveryList,
  type DeliveryState,
  deliveryStates,
} from "@auditflow/contracts";
import { type Command, InvalidArgumentError, Option } from "commander";
import { addServerOptions, connectServer, type Server, type ServerOptions } from "./connect-server.ts";
import { findChannel } from "./find-channel.ts";
import { printable } from "./printable.ts";
import { formatTable } from "./table.ts";
import { writeOut } from "./write-out.ts";

interface ListOptions extends ServerOptions {
  readonly state?: DeliveryState;
  readonly channel?: string;
  readonly limit: number;
  readonly json: boolean;
}

interface ResendOptions extends ServerOptions {
  readonly allDead: boolean;
  readonly json: boolean;
}

const examples = `
Examples:
  $ auditflow deliveries                             the last fifty
  $ auditflow deliveries --state dead                what was given up
  $ auditflow deliveries --channel slack --json
  $ auditflow deliveries resend 0190a000-0000-7000-8000-0000000000d1
  $ auditflow deliveries resend --all-dead           everything that was given up`;

const resendExamples = `
Examples:
  $ auditflow deliveries resend 0190a000-0000-7000-8000-0000000000d1
  $ auditflow deliveries resend --all-dead`;

/** `auditflow deliveries …`: what channels were and are to be told, and sending it again. */
export function deliveriesCommand(program: Command, done: (code: number) => void): void {
  const group = program.command("deliveries").description("show what channels were told, and send it again");
  const list = group
    .command("list", { isDefault: true })
    .description("show deliveries, newest first")
    .addOption(new Option("--state <state>", "only these").choices(deliveryStates))
    .option("--channel <channel>", "only to this one: its name or id")
    .option("--limit <number>", "at most so many, 1 to 200", parseLimit, 50)
    .option("--json", "print JSON", false);
  addServerOptions(list);
  list.action(async (options: ListOptions) => {
    await showList(connectServer(options), options);
    done(0);
  });
  const resend = group
    .command("resend")
    .description("send a delivery again that was delivered, given up or cancelled, under the same id")
    .argument("[delivery]", "its id")
    .option("--all-dead", "every one that was given up", false)
    .option("--json", "print JSON", false);
  addServerOptions(resend).addHelpText("after", resendExamples);
  resend.action(async (id: string | undefined, options: ResendOptions) => {
    done(await sendAgain(connectServer(options), id, options));
  });
  group.addHelpText("after", examples);
}

function parseLimit(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= 200) return number;
  throw new InvalidArgumentError(`"${text}" is no whole number from 1 to 200`);
}

async function showList(server: Server, { state, channel, limit, json }: ListOptions): Promise<void> {
  const query = new URLSearchParams({ limit: String(limit) });
  if (state !== undefined) query.set("state", state);
  if (channel !== undefined) query.set("channel_id", (await findChannel(server, channel)).channel_id);
  const { deliveries, next } = await server.ask<DeliveryList>(`/api/v1/deliveries?${query.toString()}`);
  if (json) return await writeOut(`${JSON.stringify(deliveries)}\n`);
  if (deliveries.length === 0) return await writeOut("No deliveries\n");
  const head = ["DELIVERY", "DUE SINCE", "CHANNEL", "STATE", "TRIES", "INCIDENT"];
  await writeOut(formatTable(head, deliveries.map(rowOf)));
  if (next !== null) process.stderr.write("auditflow: there are more; see --limit and --json\n");
}

function rowOf(delivery: Delivery): string[] {
  const { delivery_id, created_at, channel_name, state, attempts, title, severity, detail } = delivery;
  // What went well needs no words.
  const why = detail === null || state === "delivered" ? "" : `: ${printable(detail)}`;
  const name = channel_name === null ? "(removed)" : printable(channel_name);
  return [delivery_id, created_at, name, state, String(attempts), `${severity} ${printable(title)}${why}`];
}

async function sendAgain(server: Server, id: string | undefined, options: ResendOptions): Promise<number> {
  const { allDead, json } = options;
  if ((id === undefined) !== allDead) {
    throw new AuditFlowError("invalid_config", `name one delivery to send again, or say --all-dead`);
  }
  if (id === undefined) return await sendDeadAgain(server, json);
  const delivery = await resend(server, id);
  await writeOut(json ? `${JSON.stringify(delivery)}\n` : `${inOneLine(delivery)}\n`);
  return 0;
}

function resend(server: Server, id: string): Promise<Delivery> {
  return server.ask<Delivery>(`/api/v1/deliveries/${encodeURIComponent(id)}/resend`, { method: "POST" });
}

function inOneLine({ delivery_id, channel_name }: Delivery): string {
  return `${delivery_id} is sent to "${printable(channel_name ?? "")}" again; see: auditflow deliveries`;
}

/** All that were dead when it was asked; one whose channel is off stays as it is and is named. */
async function sendDeadAgain(server: Server, json: boolean): Promise<number> {
  const dead = await allDead(server);
  const refusals: string[] = [];
  for (const { delivery_id } of dead) {
    try {
      await resend(server, delivery_id);
    } catch (error) {
      if (!(error instanceof AuditFlowError) || error.code !== "state_conflict") throw error;
      refusals.push(delivery_id);
      process.stderr.write(`auditflow: ${delivery_id}: ${error.message}\n`);
    }
  }
  const resent = dead.length - refusals.length;
  await writeOut(
    json
      ? `${JSON.stringify({ resent, refused: refusals })}\n`
      : `${resent} of ${dead.length} deliveries that were given up are sent again\n`,
  );
  return refusals.length === 0 ? 0 : 1;
}

async function allDead(server: Server): Promise<Delivery[]> {
  const found: Delivery[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const from: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page: DeliveryList = await server.ask(`/api/v1/deliveries?state=dead&limit=200${from}`);
    found.push(...page.deliveries);
    cursor = page.next;
  }
  return found;
}
