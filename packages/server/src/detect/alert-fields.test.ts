import type { AuditEvent } from "@auditflow/contracts";
import { describe, expect, it } from "vitest";
import { loginHit, loginRule, start } from "../../testing/correlation.ts";
import { alertFields } from "./alert-fields.ts";

const rule = loginRule({ threshold: 2 });
const event = (rest: Partial<AuditEvent>): AuditEvent => ({ ...loginHit(rule, 1, start).event, ...rest });

describe("the fields of an alert that follow from rule and event", () => {
  it("the actor is the user, else the address, else the host", () => {
    expect(alertFields(rule, event({ client_ip: "192.0.2.1" })).triggered_by).toEqual({
      actor_type: "user",
      actor_id: "mallory",
      client_ip: "192.0.2.1",
    });
    expect(alertFields(rule, event({ user_id: "", client_ip: "192.0.2.1" })).triggered_by).toEqual({
      actor_type: "address",
      actor_id: "192.0.2.1",
      client_ip: "192.0.2.1",
    });
    expect(alertFields(rule, event({ user_id: "" })).triggered_by).toEqual({
      actor_type: "host",
      actor_id: "db1",
    });
  });

  it("what was hit is the named resource, a path being a file, else the host", () => {
    const hit = (rest: Partial<AuditEvent>): unknown => alertFields(rule, event(rest)).impacted_resource;
    const server_hostname = "db1";
    expect(hit({ resource: "/etc/shadow" })).toEqual({
      resource_type: "file",
      resource_id: "/etc/shadow",
      server_hostname,
    });
    expect(hit({ details: { resource: "C:\\Windows\\System32" } })).toMatchObject({ resource_type: "file" });
    expect(hit({ resource: "secrets" })).toMatchObject({
      resource_type: "user_login",
      resource_id: "secrets",
    });
    expect(hit({})).toEqual({ resource_type: "host", resource_id: "db1", server_hostname });
  });

  it("Sigma's levels become the severities of alerts, and the author is named", () => {
    expect(alertFields({ ...rule, level: "informational" }, event({})).severity).toBe("INFO");
    expect(alertFields({ ...rule, level: "critical" }, event({})).severity).toBe("CRITICAL");
    expect(alertFields(rule, event({})).analysis_rule).toEqual({
      rule_id: "r1",
      rule_name: "Many failed logins",
      version: "00000001",
      author: "somebody",
      tags: [],
      references: [],
    });
  });
});
