import { compileValue, costOf, type ValueTest } from "./compile-value.ts";
import { alternativesOf, isExpanded } from "./expand.ts";
import type { Method } from "./modifiers.ts";
import { anyNeed } from "./need.ts";

/**
 * Compiles a value, and one with placeholders as all that it stands for. Those count as one value where every value of
 * the list must hold: one of them is enough.
 */
export function compileAlternatives(
  value: unknown,
  context: { readonly field: string | null; readonly method: Method },
): readonly ValueTest[] | { readonly fault: string } {
  const tests: ValueTest[] = [];
  for (const alternative of alternativesOf(value)) {
    const test = compileValue(alternative, context);
    if (!("fault" in test)) tests.push(test);
    else return isExpanded(value) ? { fault: `filled in as "${String(alternative)}": ${test.fault}` } : test;
  }
  return context.method.all ? [joined(tests)] : tests;
}

function joined(tests: readonly ValueTest[]): ValueTest {
  const [first] = tests;
  if (tests.length === 1 || first!.over === "record") return first!;
  // What one value stands for is compared in one way, so that all are about texts of the same kind.
  const accepting = tests.map((test) => test.accepts as (text: string) => boolean);
  return {
    over: first!.over,
    need: anyNeed(tests.map(({ need }) => need)),
    cost: costOf(tests),
    accepts: (text: string) => accepting.some((accepts) => accepts(text)),
  };
}
