import Type from "typebox";
import { accesses } from "./api.ts";

/** Body of `POST /api/v1/session`: what a person proves himself with. */
export const SessionStart = Type.Object(
  { token: Type.String({ minLength: 1, maxLength: 4096, description: "The API token of the server" }) },
  { $id: "SessionStart", additionalProperties: false },
);
export type SessionStart = Type.Static<typeof SessionStart>;

/** Answer of `GET /api/v1/session`: for whom the server takes the caller, and what he may do. */
export const Session = Type.Object(
  {
    caller: Type.Enum(["anonymous", "api-token", "session"]),
    access: Type.Enum(["none", ...accesses], {
      description: "Includes the weaker ones: none, public, viewer, sender, operator, admin",
    }),
    sign_in: Type.Boolean({ description: "Whether a session can be had with a token here" }),
    expires_at: Type.Optional(Type.String({ description: "When the session ends, RFC 3339" })),
  },
  { $id: "Session" },
);
export type Session = Type.Static<typeof Session>;
