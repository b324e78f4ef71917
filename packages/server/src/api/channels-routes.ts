import {
  AuditFlowError,
  alertSeverities,
  Channel,
  ChannelChange,
  ChannelCreated,
  ChannelInput,
  ChannelList,
  ChannelParams,
  ChannelTest,
} from "@auditflow/contracts";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyRequest } from "fastify";
import Type from "typebox";
import type { ChannelDesk, ChannelSettings } from "../alerts/channel-desk.ts";
import {
  addChannel,
  changeChannel,
  getChannel,
  listChannels,
  mostChannels,
  removeChannel,
} from "../alerts/channels.ts";
import { checkUnchanged } from "../alerts/precondition.ts";
import { type Database, RowRefused } from "../database/database.ts";
import type { ChannelRow } from "../database/schema.ts";
import type { Clock } from "../telemetry/clock.ts";
import { everyLine } from "../telemetry/every-line.ts";
import type { Logger } from "../telemetry/log.ts";
import { channelAnswer, channelTag, settingsOf } from "./channel-answer.ts";

/** What the channels' routes are made with. */
export interface ChannelsRoutesOptions {
  readonly database: Database;
  readonly clock: Clock;
  /** Is told who added, changed and removed a channel. */
  readonly log: Logger;
  /** Makes a UUIDv7. */
  readonly newId: () => string;
  readonly desk: ChannelDesk;
}

const reading = { access: "viewer" } as const;
const writing = { access: "operator" } as const;
// It makes us call somebody.
const testing = { ...writing, rateLimit: { max: 10, timeWindow: "1 minute" } };

/**
 * The channels under `/api/v1/channels`: list, add, read, change, remove, and try out. No answer holds a secret, but
 * that of adding one holds the secret that was made for it. Wrong settings are pointed at one by one.
 */
export function channelsRoutes(http: FastifyInstance, options: ChannelsRoutesOptions): void {
  readRoutes(http, options);
  addRoute(http, options);
  changeRoute(http, options);
  removeRoute(http, options);
  testRoute(http, options);
}

function readRoutes(http: FastifyInstance, { database, desk }: ChannelsRoutesOptions): void {
  const typed = http.withTypeProvider<TypeBoxTypeProvider>();
  const all = { summary: "Every channel, by name", response: { 200: ChannelList } };
  typed.get("/api/v1/channels", { config: reading, schema: all }, async () => {
    const rows = await listChannels(database.reader);
    return { channels: await Promise.all(rows.map((row) => channelAnswer(row, desk))) };
  });
  const one = { summary: "One channel", params: ChannelParams, response: { 200: Channel } };
  typed.get("/api/v1/channels/:channel_id", { config: reading, schema: one }, async (request, reply) => {
    const row = await channelAt(database, request.params.channel_id);
    reply.header("etag", channelTag(row));
    return await channelAnswer(row, desk);
  });
}

function addRoute(http: FastifyInstance, options: ChannelsRoutesOptions): void {
  const { database, desk, clock, newId, log } = options;
  const schema = { summary: "Add a channel", body: ChannelInput, response: { 201: ChannelCreated } };
  http
    .withTypeProvider<TypeBoxTypeProvider>()
    .post("/api/v1/channels", { config: writing, schema }, async (request, reply) => {
      const { kind, name = "", min_severity = "HIGH", enabled = true, settings: given = {} } = request.body;
      const settings = await completed(desk, kind, given);
      const added = await refusable(() =>
        addChannel(database, {
          ...{ channel_id: newId(), at: clock.now(), name, kind, settings: JSON.stringify(settings) },
          severity: alertSeverities.indexOf(min_severity),
          ...{ enabled: enabled ? 1 : 0, disabled_reason: null, version: 1 },
        }),
      );
      if (added === "name taken") throw nameTaken(name);
      if (added === "too many") {
        throw new AuditFlowError(
          "state_conflict",
          `There are ${mostChannels} channels, the most there can be`,
        );
      }
      const who = request.caller;
      log.info(
        { "event.name": "channel.added", who, ...named(added), [everyLine]: true },
        "a channel was added",
      );
      reply.code(201).header("etag", channelTag(added));
      reply.header("location", `/api/v1/channels/${added.channel_id}`);
      return { ...(await channelAnswer(added, desk)), ...madeSecret(given, settings) };
    });
}

function madeSecret(given: ChannelSettings, settings: ChannelSettings): { secret?: string } {
  const { secret } = settings;
  return given["secret"] === undefined && typeof secret === "string" ? { secret } : {};
}

function changeRoute(http: FastifyInstance, options: ChannelsRoutesOptions): void {
  const { database, desk, clock, log } = options;
  const schema = {
    ...{ summary: "Change a channel", params: ChannelParams, body: ChannelChange },
    response: { 200: Channel },
  };
  http
    .withTypeProvider<TypeBoxTypeProvider>()
    .patch("/api/v1/channels/:channel_id", { config: writing, schema }, async (request, reply) => {
      const before = await unchangedChannel(database, request, request.params.channel_id);
      const changes = await changesOf(before, request.body, desk);
      const after = await refusable(() =>
        database.write((transaction) => changeChannel(transaction, before, { changes, now: clock.now() })),
      );
      if (after === "name taken") throw nameTaken(changes.name);
      if (after === "changed meanwhile") throw changedMeanwhile();
      const who = request.caller;
      log.info(
        { "event.name": "channel.changed", who, ...named(after), [everyLine]: true },
        "a channel was changed",
      );
      reply.header("etag", channelTag(after));
      return await channelAnswer(after, desk);
    });
}

async function changesOf(before: ChannelRow, change: ChannelChange, desk: ChannelDesk) {
  const { name = before.name, min_severity, enabled, settings } = change;
  return {
    name,
    settings:
      settings === undefined
        ? before.settings
        : JSON.stringify(await completed(desk, before.kind, laidOver(settingsOf(before), settings))),
    severity: min_severity === undefined ? before.severity : alertSeverities.indexOf(min_severity),
    enabled: enabled === undefined ? before.enabled : enabled ? 1 : 0,
    disabled_reason: enabled === undefined ? before.disabled_reason : null,
  };
}

/** A JSON merge patch (RFC 7396) of the first level. */
function laidOver(stored: ChannelSettings, change: ChannelSettings): ChannelSettings {
  const both = Object.entries({ ...stored, ...change });
  return Object.fromEntries(both.filter(([, value]) => value !== null));
}

function removeRoute(http: FastifyInstance, { database, clock, log }: ChannelsRoutesOptions): void {
  const schema = {
    ...{ summary: "Remove a channel, and cancel what waits for it", params: ChannelParams },
    response: { 204: Type.Null() },
  };
  http
    .withTypeProvider<TypeBoxTypeProvider>()
    .delete("/api/v1/channels/:channel_id", { config: writing, schema }, async (request, reply) => {
      const row = await unchangedChannel(database, request, request.params.channel_id);
      const removed = await database.write((transaction) => removeChannel(transaction, row, clock.now()));
      if (!removed) throw changedMeanwhile();
      const who = request.caller;
      log.info(
        { "event.name": "channel.removed", who, ...named(row), [everyLine]: true },
        "a channel was removed",
      );
      return reply.code(204).send(null);
    });
}

function testRoute(http: FastifyInstance, { database, desk }: ChannelsRoutesOptions): void {
  const schema = {
    ...{ summary: "Send a test notice at once", params: ChannelParams },
    response: { 200: ChannelTest },
  };
  http
    .withTypeProvider<TypeBoxTypeProvider>()
    .post("/api/v1/channels/:channel_id/test", { config: testing, schema }, async (request) =>
      desk.test(await channelAt(database, request.params.channel_id)),
    );
}

async function channelAt(database: Database, id: string): Promise<ChannelRow> {
  const row = await getChannel(database.reader, id.toLowerCase());
  if (row === undefined) throw new AuditFlowError("not_found", `There is no channel ${id}`);
  return row;
}

async function unchangedChannel(
  database: Database,
  { headers }: Pick<FastifyRequest, "headers">,
  id: string,
): Promise<ChannelRow> {
  const row = await channelAt(database, id);
  checkUnchanged(headers["if-match"], channelTag(row));
  return row;
}

/** The settings as they are stored, once they are known to be good. */
async function completed(desk: ChannelDesk, name: string, given: ChannelSettings): Promise<ChannelSettings> {
  const kind = await desk.kind(name);
  const faults = (await kind?.check(given)) ?? [{ pointer: "", detail: `${name} is a kind not known here` }];
  if (kind === undefined || faults.length > 0) {
    throw new AuditFlowError("invalid_request", "The settings of the channel are not right", {
      faults: faults.map(({ pointer, detail }) => ({ pointer: `/body/settings${pointer}`, detail })),
    });
  }
  return kind.complete(given);
}

/** A value that the database refuses is the caller's. */
async function refusable<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof RowRefused)
      throw new AuditFlowError("unstorable_record", error.message, { cause: error });
    throw error;
  }
}

function nameTaken(name: string): AuditFlowError {
  return new AuditFlowError("state_conflict", `There is a channel "${name}" already`, {
    faults: [{ pointer: "/body/name", detail: "is taken; choose another" }],
  });
}

function changedMeanwhile(): AuditFlowError {
  return new AuditFlowError("precondition_failed", "The channel was changed by somebody else just now");
}

function named({ channel_id, name, kind, enabled }: ChannelRow) {
  return { channel_id, channel_name: name, kind, enabled: enabled === 1 };
}
