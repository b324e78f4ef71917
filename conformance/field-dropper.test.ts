import { expect, test } from "vitest";
import { fieldDropper } from "./field-dropper.ts";

test("a field is dropped at any depth and from the members of lists", () => {
  const dropper = fieldDropper("name");
  const record = { name: 1, a: { name: 2, b: [{ name: 3, c: 4 }] }, names: 5 };
  expect(dropper.drop(record)).toEqual({ a: { b: [{ c: 4 }] }, names: 5 });
  expect(record.name).toBe(1);
});

test("a name with dots is dropped as a key and as a path", () => {
  const dropper = fieldDropper("user.name");
  expect(dropper.drop({ "user.name": 1, user: { name: 2, id: 3 } })).toEqual({ user: { id: 3 } });
  expect(dropper.drop({ list: [{ user: [{ name: 1 }, { id: 2 }] }] })).toEqual({
    list: [{ user: [{}, { id: 2 }] }],
  });
  expect(fieldDropper("a.b.c").drop({ a: { "b.c": 1 }, "a.b": { c: 2 } })).toEqual({ a: {}, "a.b": {} });
});

test("only the records that held the field are counted", () => {
  const dropper = fieldDropper("name");
  dropper.drop({ name: 1 });
  dropper.drop({ Name: 1 });
  expect(dropper.records).toBe(1);
});

test("without a name nothing is dropped", () => {
  const record = { name: 1 };
  expect(fieldDropper(undefined).drop(record)).toBe(record);
});
