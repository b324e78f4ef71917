import { channelKindNames } from "@auditflow/contracts";
import { expect, test } from "vitest";
import { channelKinds } from "./channels/channel-kinds.ts";
import { kindOf } from "./sender-of.ts";

test("every kind that the API takes is there, and no other", async () => {
  expect([...channelKindNames].toSorted()).toEqual(Object.keys(channelKinds).toSorted());
  expect(await kindOf("toString")).toBeUndefined();
});
