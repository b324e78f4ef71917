import type { Alert } from "@auditflow/contracts";
import type { FastifyInstance, LightMyRequestResponse } from "fastify";
import { uuidv7 } from "uuidv7";
import { storeAlerts } from "../src/alerts/store-alerts.ts";
import { incidentsRoutes } from "../src/api/incidents-routes.ts";
import { createHttp } from "../src/api/server.ts";
import { triageRoutes } from "../src/api/triage-routes.ts";
import type { DatabaseSite } from "../src/database/contract.ts";
import type { Database } from "../src/database/database.ts";
import type { AlertRow, IncidentRow } from "../src/database/schema.ts";
import { exampleAlert } from "./example-alert.ts";
import { silentLog as log } from "./silent-log.ts";

/** Who an alert is about, which decides about its incident. */
export interface AlertOf extends Partial<Alert> {
  readonly actor?: number;
}

/** An alert of its own; alerts of one actor share an incident. */
export function alertOf(n: number, { actor = 0, ...changes }: AlertOf = {}): Alert {
  const at = new Date(Date.parse("2026-03-01T12:00:00Z") + n * 1000).toISOString();
  return exampleAlert(0, {
    alert_id: alertId(n),
    ...{ timestamp: at, first_event_at: at, last_event_at: at },
    triggered_by: { ...exampleAlert(0).triggered_by, actor_id: `user${actor}` },
    ...changes,
  });
}

/** The id of the nth alert. */
export function alertId(n: number): string {
  return `0190a000-0000-5000-8000-${n.toString(16).padStart(12, "0")}`;
}

/** The API of decisions over a database, and a time that stands still until it is moved. */
export class TriageSite {
  readonly database: Database;
  readonly http: FastifyInstance;
  readonly clock = { at: 1_800_000_000_000, now: () => this.clock.at };
  readonly #site: Pick<DatabaseSite, "open" | "end">;

  constructor(site: Pick<DatabaseSite, "open" | "end">) {
    this.#site = site;
    this.database = site.open();
    this.http = createHttp({
      log,
      host: "127.0.0.1",
      token: "t",
      anonymousAccess: "operator",
      allowedHosts: [],
    });
    triageRoutes(this.http, this);
    incidentsRoutes(this.http, this);
  }

  /** Stores alerts as the service does, a millisecond later than what was stored before. */
  async store(...alerts: Alert[]): Promise<void> {
    this.clock.at += 1;
    const options = { now: this.clock.at, newId: uuidv7, notify: false };
    const { refused } = await storeAlerts(this.database, alerts, options);
    if (refused.length > 0) throw new Error(refused[0]!.reason);
  }

  post(url: string, payload?: object, headers: Record<string, string> = {}): Promise<LightMyRequestResponse> {
    this.clock.at += 1;
    return this.http.inject({ method: "POST", url: `/api/v1/${url}`, headers, ...(payload && { payload }) });
  }

  act(n: number, payload: object, headers?: Record<string, string>): Promise<LightMyRequestResponse> {
    return this.post(`alerts/${alertId(n)}/actions`, payload, headers);
  }

  get(url: string): Promise<LightMyRequestResponse> {
    return this.http.inject(`/api/v1/${url}`);
  }

  /** All alerts, by id. */
  alerts(): Promise<AlertRow[]> {
    return this.database.reader.selectFrom("alerts").selectAll().orderBy("alert_id").execute();
  }

  async statuses(): Promise<string[]> {
    return (await this.alerts()).map(({ status }) => status);
  }

  /** All incidents, by actor and time. */
  incidents(): Promise<IncidentRow[]> {
    return this.database.reader.selectFrom("incidents").selectAll().orderBy("actor").orderBy("at").execute();
  }

  async end(): Promise<void> {
    await this.http.close();
    await this.#site.end();
  }
}
