import { Readable } from "node:stream";
import { AlertExportQuery, AlertSummary } from "@auditflow/contracts";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance, FastifyReply } from "fastify";
import Type from "typebox";
import { type ExportFormat, exportAlerts } from "../alerts/export.ts";
import type { Database } from "../database/database.ts";
import { type Clock, formatTimestamp } from "../telemetry/clock.ts";
import { selectionOf, splitSeverities } from "./alert-selection.ts";

/** What the export is made with. */
export interface ExportRoutesOptions {
  readonly database: Database;
  readonly clock: Clock;
  /** How long a client may leave what was sent unread, in milliseconds; 60,000 by default. */
  readonly patience?: number;
}

const mediaTypes: Readonly<Record<ExportFormat, string>> = {
  ndjson: "application/x-ndjson",
  csv: "text/csv",
};

const description = "Everything that matches, newest first; cut off in the middle when it cannot be whole";

const answers = {
  200: {
    description,
    content: {
      [mediaTypes.ndjson]: { schema: AlertSummary },
      [mediaTypes.csv]: { schema: Type.String() },
    },
  },
};

/**
 * `GET /api/v1/alerts/export`, streamed: it waits for a slow client, stops when the client goes, and when the database
 * goes away or the server closes in the middle it breaks the connection, so that no short file looks whole.
 */
export function exportRoutes(http: FastifyInstance, options: ExportRoutesOptions): void {
  const { database, clock, patience = 60_000 } = options;
  const open = new Set<Readable>();
  http.addHook("preClose", async () => {
    for (const stream of open) stream.destroy(new Error("The server is stopping"));
  });
  const schema = { querystring: AlertExportQuery, response: answers };
  const config = { access: "viewer", rateLimit: { max: 30, timeWindow: "1 minute" } } as const;
  const route = { config, schema, preValidation: splitSeverities, exposeHeadRoute: false };
  http
    .withTypeProvider<TypeBoxTypeProvider>()
    .get("/api/v1/alerts/export", route, async ({ query }, reply): Promise<never> => {
      const { format = "ndjson" } = query;
      const now = clock.now();
      const portions = exportAlerts(database.reader, selectionOf(query, now), format);
      // Before the head is sent: a database that is down is a problem like everywhere.
      const first = await portions.next();
      const stream = Readable.from(allOf(first.value ?? "", portions), { highWaterMark: 1 });
      open.add(stream);
      stream.once("close", () => open.delete(stream));
      cutWhenUnread(reply, patience);
      const day = formatTimestamp(now).slice(0, 10);
      return (await reply
        .type(`${mediaTypes[format]}; charset=utf-8`)
        .header("content-disposition", `attachment; filename="alerts-${day}.${format}"`)
        .header("cache-control", "no-store")
        .send(stream as never)) as never;
    });
}

async function* allOf(first: string, others: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  if (first !== "") yield first;
  yield* others;
}

function cutWhenUnread({ raw }: FastifyReply, patience: number): void {
  raw.setTimeout(patience, () => raw.destroy());
}
