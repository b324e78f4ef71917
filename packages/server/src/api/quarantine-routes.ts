import { AlertListQuery, QuarantineList } from "@auditflow/contracts";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import Type from "typebox";
import { listQuarantined } from "../alerts/quarantine.ts";
import type { Database } from "../database/database.ts";
import { decodeCursor, encodeCursor, linkNext } from "./cursor.ts";

const anyId = /^.{1,128}$/s;

/** `GET /api/v1/quarantine`, newest first. A page ends early when its records are large. */
export function quarantineRoutes(http: FastifyInstance, { database }: { readonly database: Database }): void {
  const schema = {
    querystring: Type.Pick(AlertListQuery, ["limit", "cursor"]),
    response: { 200: QuarantineList },
  };
  const config = { access: "viewer" } as const;
  http
    .withTypeProvider<TypeBoxTypeProvider>()
    .get("/api/v1/quarantine", { config, schema }, async (request, reply) => {
      const { limit = 50, cursor } = request.query;
      const after = cursor === undefined ? undefined : decodeCursor(cursor, anyId);
      const { records, next } = await listQuarantined(database.reader, { limit, after });
      const nextCursor = next === undefined ? null : encodeCursor(next);
      if (nextCursor !== null) reply.header("link", linkNext(request.url, nextCursor));
      return { records, next: nextCursor };
    });
}
