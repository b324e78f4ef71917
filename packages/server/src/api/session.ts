import { hkdfSync } from "node:crypto";
import { jwtVerify, SignJWT } from "jose";
import { uuidv7 } from "uuidv7";
import type { Clock } from "../telemetry/clock.ts";

/** A session that holds at this moment. */
export interface OpenSession {
  /** Tells it apart from every other. */
  readonly id: string;
  /** When it ends, in epoch milliseconds. */
  readonly endsAt: number;
  /** Milliseconds until then. */
  readonly remaining: number;
}

/** The sessions that a token opens. Nothing is kept: every process with the same token knows them all. */
export interface Sessions {
  /** Begins one: what the caller shows from now on, for 12 hours. */
  start(): Promise<string>;
  /** The session that this text is of; undefined when it is of none, of another token's, or over. */
  check(text: string): Promise<OpenSession | undefined>;
}

/** How long a session lasts, in seconds: a working day, with its overtime. */
export const sessionSeconds = 12 * 60 * 60;

const algorithm = "HS256";
const issuer = "auditflow";

/** The sessions of this token; with another token they are others, so that changing it ends all of them. */
export function openSessions(token: string, clock: Clock): Sessions {
  const key = new Uint8Array(hkdfSync("sha256", token, "", "auditflow session 1", 32));
  return {
    start: () => {
      const now = Math.floor(clock.now() / 1_000);
      return new SignJWT()
        .setProtectedHeader({ alg: algorithm })
        .setIssuer(issuer)
        .setJti(uuidv7())
        .setIssuedAt(now)
        .setExpirationTime(now + sessionSeconds)
        .sign(key);
    },
    check: async (text) => {
      const now = clock.now();
      const { jti, exp } = await claimsOf(text, key, now);
      if (jti === undefined || exp === undefined) return undefined;
      return { id: jti, endsAt: exp * 1_000, remaining: exp * 1_000 - now };
    },
  };
}

async function claimsOf(
  text: string,
  key: Uint8Array,
  now: number,
): Promise<{ readonly jti?: string; readonly exp?: number }> {
  try {
    const options = { algorithms: [algorithm], issuer, currentDate: new Date(now) };
    return (await jwtVerify(text, key, options)).payload;
  } catch {
    // Whatever is wrong with it: anybody can send a cookie, also one of another server on this host.
    return {};
  }
}
