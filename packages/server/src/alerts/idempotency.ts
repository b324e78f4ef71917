import { hash } from "node:crypto";
import { AuditFlowError } from "@auditflow/contracts";
import { type Transaction, WriteConflict } from "../database/database.ts";
import { formatTimestamp } from "../telemetry/clock.ts";
import { canonicalJson } from "./canonical-json.ts";

/** How long a key is remembered, in milliseconds. */
const keptFor = 24 * 60 * 60 * 1000;

/** A write as it was asked for. */
export interface AskedWrite {
  /** The Idempotency-Key; undefined: each request is one of its own. */
  readonly key: string | undefined;
  /** Whose key it is: callers do not see each other's. */
  readonly who: string;
  readonly method: string;
  readonly url: string;
  readonly body: unknown;
  /** The time, epoch milliseconds. */
  readonly now: number;
}

/** What a write answers. */
export interface Answer {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** An answer, and whether an earlier request with the same key was given it already. */
export interface GivenAnswer extends Answer {
  readonly replayed: boolean;
}

/**
 * Does `work` unless a request with the same key did it in the last 24 hours: then its answer is given again. The
 * answer is committed with the work, so whoever asks again after an unknown outcome gets it done exactly once.
 * @throws AuditFlowError idempotency_mismatch when the key was used for another request.
 */
export async function answerOnce(
  { db }: Transaction,
  asked: AskedWrite,
  work: () => Promise<Answer>,
): Promise<GivenAnswer> {
  if (asked.key === undefined) return { ...(await work()), replayed: false };
  const idempotency_key = hash("sha256", JSON.stringify([asked.who, asked.key]));
  const digest = hash("sha256", JSON.stringify([asked.method, asked.url, canonicalJson(asked.body ?? null)]));
  const rows = db.selectFrom("idempotency").where("idempotency_key", "=", idempotency_key);
  const known = await rows.select(["at", "digest", "answer"]).executeTakeFirst();
  if (known !== undefined && known.at > asked.now - keptFor) {
    if (known.digest === digest) return { ...(JSON.parse(known.answer) as Answer), replayed: true };
    const detail = `This key was used at ${formatTimestamp(known.at)} for something else`;
    throw new AuditFlowError("idempotency_mismatch", detail, {
      faults: [{ pointer: "/headers/idempotency-key", detail: "was used for another request" }],
    });
  }
  if (known !== undefined)
    await db.deleteFrom("idempotency").where("idempotency_key", "=", idempotency_key).execute();
  const answer = await work();
  const row = { idempotency_key, at: asked.now, digest, status: 200, answer: JSON.stringify(answer) };
  const { numInsertedOrUpdatedRows: inserted } = await db
    .insertInto("idempotency")
    .values(row)
    .onConflict((conflict) => conflict.column("idempotency_key").doNothing())
    .executeTakeFirstOrThrow();
  if (inserted !== 1n) throw new WriteConflict("the same request was answered meanwhile");
  return { ...answer, replayed: false };
}
