import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DueHeap } from "./due-heap.ts";
import { KeyTable } from "./key-table.ts";
import { column, MemoryGroups } from "./memory-groups.ts";
import { TouchOrder } from "./touch-order.ts";

const changes = fc.array(fc.record({ slot: fc.nat(150), time: fc.nat(30), isGone: fc.boolean() }), {
  maxLength: 200,
});

describe("memory groups", () => {
  it("the key table finds what a map would, also where keys have one hash", () => {
    fc.assert(
      fc.property(changes, fc.boolean(), (list, isCrowded) => {
        const table = new KeyTable();
        const model = new Map<string, number>();
        if (isCrowded) table.hashOf = (key) => key.length;
        for (const { slot, isGone } of list) {
          const key = `group ${slot}`;
          if (!isGone && !model.has(key)) {
            table.add(key, table.hashOf(key), slot);
            model.set(key, slot);
          } else if (isGone && model.delete(key)) table.remove(slot);
          expect(table.size).toBe(model.size);
        }
        for (let slot = 0; slot <= 150; slot += 1) {
          const key = `group ${slot}`;
          expect(table.find(key, table.hashOf(key))).toBe(model.get(key) ?? -1);
        }
      }),
    );
  });

  it("the order of touching is that of a list", () => {
    fc.assert(
      fc.property(changes, (list) => {
        const order = new TouchOrder();
        let model: number[] = [];
        for (const { slot, isGone } of list) {
          model = model.filter((each) => each !== slot);
          if (isGone) order.remove(slot);
          else {
            order.touch(slot);
            model.push(slot);
          }
          expect(order.oldest).toBe(model[0] ?? -1);
        }
        for (const slot of model) {
          expect(order.oldest).toBe(slot);
          order.remove(slot);
        }
        expect(order.oldest).toBe(-1);
      }),
    );
  });

  it("the heap tells the earliest first, whatever was said before", () => {
    fc.assert(
      fc.property(changes, (list) => {
        const heap = new DueHeap();
        const model = new Map<number, number>();
        for (const { slot, time, isGone } of list) {
          if (isGone) {
            heap.remove(slot);
            model.delete(slot);
          } else {
            heap.set(slot, time);
            model.set(slot, time);
          }
          expect(heap.timeOf(slot)).toBe(model.get(slot) ?? Infinity);
          expect(heap.timeOf(heap.first)).toBe(Math.min(Infinity, ...model.values()));
        }
      }),
    );
  });

  it("a group that is put off again and again is due once, at the last time that was said", () => {
    const groups = new MemoryGroups();
    const slot = groups.touch("g", groups.hashOf("g"));
    for (const time of [10, 20, 30]) groups.schedule(slot, column.idleAt, time);
    groups.schedule(slot, column.dueAt, 40);
    groups.schedule(slot, column.dueAt, Infinity);
    expect(groups.lease(29, 99, 5)).toEqual([]);
    expect(groups.lease(30, 99, 5)).toEqual(["g"]);
    expect(groups.lease(98, 99, 5)).toEqual([]);
    groups.schedule(slot, column.dueAt, 50);
    expect(groups.lease(98, 200, 5)).toEqual(["g"]);
  });
});
