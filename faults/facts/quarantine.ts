import type { Bench } from "../case.ts";
import { parkedMessages } from "./broker-messages.ts";

/** Says a problem for each record that was refused, or left to people, when none should be. */
export async function expectNothingRefused({ servers, problem, measured }: Bench): Promise<void> {
  const rows = await servers.sql(
    "select code, reason, count(*)::int as records from quarantine group by 1, 2",
  );
  for (const { code, reason, records } of rows)
    problem(`${String(records)} healthy records are in quarantine: ${String(code)}, ${String(reason)}`);
  const parked = await parkedMessages(servers);
  if (parked > 0) problem(`${parked} messages are parked`);
  measured("refused", rows.reduce((sum, { records }) => sum + Number(records), 0) + parked);
}
