import { randomBytes } from "node:crypto";
import type { AlertSeverity } from "@auditflow/contracts";
import { uuidv7 } from "uuidv7";
import type { ChannelDesk } from "../src/alerts/channel-desk.ts";
import { addChannel, getChannel } from "../src/alerts/channels.ts";
import { deliveriesFor, deliveriesPlan, enabledChannels, getDelivery } from "../src/alerts/deliveries.ts";
import type { Database } from "../src/database/database.ts";
import type { ChannelRow } from "../src/database/schema.ts";
import { channelDesk } from "../src/notify/channel-desk.ts";
import { newWebhookSecret } from "../src/notify/channels/webhook.ts";
import { type Dispatch, type DispatchOptions, startDispatch } from "../src/notify/dispatch.ts";
import { exampleNotice } from "./example-notice.ts";
import { silentLog } from "./silent-log.ts";
import { until } from "./until.ts";

/** A database with channels and deliveries, and dispatchers on it whose time a test moves. */
export class OutboxSite {
  readonly database: Database;
  /** The time of every dispatcher, epoch milliseconds. */
  now: number = Date.parse("2026-03-01T12:00:00.000Z");
  /** What dispatchers told their observer, as `webhook delivered`. */
  readonly tried: string[] = [];
  readonly #dispatches: Dispatch[] = [];

  constructor(database: Database) {
    this.database = database;
  }

  /** A channel that calls this URL. */
  async channel(url: string, changes: Partial<ChannelRow> = {}): Promise<ChannelRow> {
    const settings = JSON.stringify({ url, secret: newWebhookSecret(randomBytes(32)) });
    const row = { channel_id: uuidv7(), at: this.now, name: "", kind: "webhook", settings, severity: 3 };
    const switches = { enabled: 1, disabled_reason: null, version: 1 };
    return (await addChannel(this.database, { ...row, ...switches, ...changes })) as ChannelRow;
  }

  /** Writes what channels are to be told of so many incidents; the ids of the deliveries. */
  async tell(incidents = 1, severity: AlertSeverity = "HIGH"): Promise<string[]> {
    const notices = Array.from({ length: incidents }, (_, n) =>
      exampleNotice({ severity, title: `incident ${n}`, incident_id: uuidv7() }),
    );
    return await this.database.write(async ({ db, upsert }) => {
      const channels = await enabledChannels(db);
      const rows = deliveriesFor({ channels, notices, now: this.now, newId: uuidv7 });
      await upsert(deliveriesPlan, rows);
      return rows.map(({ delivery_id }) => delivery_id);
    });
  }

  /** Starts a dispatcher; `stop` stops it. */
  dispatch(changes: Partial<DispatchOptions> = {}): Dispatch {
    const dispatch = startDispatch({
      ...{ database: this.database, clock: { now: () => this.now }, log: silentLog, random: () => 0 },
      ...{ receivers: { allowedReceivers: ["127.0.0.0/8"] }, baseUrl: undefined },
      observe: { tried: (kind, outcome) => void this.tried.push(`${kind} ${outcome}`) },
      ...changes,
    });
    this.#dispatches.push(dispatch);
    return dispatch;
  }

  /** A desk that may call servers of this machine. */
  desk(): ChannelDesk {
    return channelDesk({
      ...{ clock: { now: () => this.now }, log: silentLog, newId: uuidv7, randomBytes },
      ...{ receivers: { allowedReceivers: ["127.0.0.0/8"] }, baseUrl: undefined },
    });
  }

  /** Moves the time, and has every dispatcher look. */
  later(ms: number): void {
    this.now += ms;
    for (const dispatch of this.#dispatches) dispatch.wake();
  }

  async delivery(id: string) {
    const found = await getDelivery(this.database.reader, id);
    if (found === undefined) throw new Error(`There is no delivery ${id}`);
    return { ...found.delivery, tries: found.tries };
  }

  /** Waits until a delivery is in this state after so many tries, and gives it. */
  async reached(id: string, state: string, attempts: number) {
    await until(async () => {
      const row = await this.delivery(id);
      return row.state === state && row.attempts === attempts;
    }, `the delivery is ${state} after ${attempts} tries`);
    return await this.delivery(id);
  }

  async channelNow({ channel_id }: ChannelRow): Promise<ChannelRow> {
    return (await getChannel(this.database.reader, channel_id)) as ChannelRow;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#dispatches.map((dispatch) => dispatch.stop()));
  }
}
