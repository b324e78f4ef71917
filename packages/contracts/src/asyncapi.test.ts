import { describe, expect, it } from "vitest";
import { asyncapiDocument } from "./asyncapi.ts";
import { legacyEventsQueue, topics, topology } from "./topics.ts";

const document = asyncapiDocument("1.2.3");

function at(pointer: string): unknown {
  const steps = pointer.replace(/^#\//, "").split("/");
  return steps.reduce<unknown>(
    (node, step) => (node as Record<string, unknown> | undefined)?.[step],
    document,
  );
}

function references(node: unknown): string[] {
  if (typeof node !== "object" || node === null) return [];
  const own = (node as { $ref?: unknown }).$ref;
  return [...(typeof own === "string" ? [own] : []), ...Object.values(node).flatMap(references)];
}

describe("the AsyncAPI document", () => {
  it("has no reference that leads nowhere", () => {
    const dangling = references(document).filter((reference) => at(reference) === undefined);
    expect(references(document).length).toBeGreaterThan(10);
    expect(dangling).toEqual([]);
  });

  it("has a channel for every topic, every queue of a group, and the old system's queue", () => {
    const queues = topics.flatMap((topic) => topology[topic].map((group) => `auditflow.${topic}.${group}`));
    expect(Object.keys(at("channels") as object).sort()).toEqual(
      [...topics, ...queues, legacyEventsQueue].sort(),
    );
  });

  it("names in each operation only messages that its channel carries", () => {
    const operations = Object.values(
      at("operations") as Record<string, { channel: { $ref: string }; messages: { $ref: string }[] }>,
    );
    expect(operations.length).toBeGreaterThan(0);
    for (const { channel, messages } of operations) {
      for (const { $ref } of messages) expect($ref.startsWith(`${channel.$ref}/messages/`)).toBe(true);
    }
  });

  it("takes one record as well as a batch of them", () => {
    expect(at("components/messages/AuditEvents/payload")).toEqual({
      oneOf: [
        { $ref: "#/components/schemas/AuditEvent" },
        { type: "array", items: { $ref: "#/components/schemas/AuditEvent" }, minItems: 1 },
      ],
    });
  });

  it("declares the old system's queue as that system does: durable, nothing else", () => {
    expect(at(`channels/${legacyEventsQueue}/bindings/amqp/queue`)).toEqual({
      name: "audit_events",
      durable: true,
      exclusive: false,
      autoDelete: false,
    });
  });

  it("keeps no $id in its schemas, which would change what a reference means", () => {
    expect(JSON.stringify(document)).not.toContain('"$id"');
  });
});
