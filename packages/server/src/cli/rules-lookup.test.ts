import { defaultLogsource } from "@auditflow/contracts";
import { expect, test } from "vitest";
import { textSourceOf } from "../ingest/parsers.ts";
import { whereLookedUp, whoHas } from "./rules-lookup.ts";

test("what is said to have a logsource is what intake gives it to", () => {
  expect(whoHas(textSourceOf("sshd").logsource)).toContain("lines of sshd");
  expect(whoHas(textSourceOf("sudo").logsource)).toContain("lines of sudo");
  expect(whoHas(textSourceOf("cron").logsource)).toContain("lines of the program cron");
  expect(whoHas({ product: "kubernetes", service: "audit" })).toContain("the audit webhook of Kubernetes");
  for (const type of ["user_login", "file_deleted", "file_access", "process_creation", "network_connection"])
    expect(whoHas(defaultLogsource(type))).toContainEqual(expect.stringContaining(type));
  expect(whoHas(defaultLogsource("of_our_own"))).toContain("events of any other type");
});

test("a source that intake does not know has to name its logsource, or be read with it", () => {
  expect(whoHas({ product: "aws", service: "cloudtrail" })).toEqual([
    "events that name it themselves",
    "records that are read with --logsource product=aws,service=cloudtrail",
  ]);
});

test("a field is looked up in the details first, by its name and then by its path, and last in the envelope", () => {
  expect(whereLookedUp("user_id")).toBe("details.user_id, else the event's own user_id");
  expect(whereLookedUp("a.b")).toBe('details["a.b"], then the path a.b in details');
  expect(whereLookedUp(null)).toContain("every value of the record");
});
