import type { FaultCase } from "./case.ts";

/** Every case by its id, loaded when it is to be run. */
export const cases: Readonly<Record<string, () => Promise<FaultCase>>> = {
  F01: async () => (await import("./cases/f01.ts")).f01,
  F02: async () => (await import("./cases/f02.ts")).f02,
  F03: async () => (await import("./cases/f03.ts")).f03,
  F05: async () => (await import("./cases/f05.ts")).f05,
  F06: async () => (await import("./cases/f06.ts")).f06,
  F07: async () => (await import("./cases/f07.ts")).f07,
  F08: async () => (await import("./cases/f08.ts")).f08,
  F10: async () => (await import("./cases/f10.ts")).f10,
  F11: async () => (await import("./cases/f11.ts")).f11,
  F12: async () => (await import("./cases/f12.ts")).f12,
  F13: async () => (await import("./cases/f13.ts")).f13,
  F14: async () => (await import("./cases/f14.ts")).f14,
  F17: async () => (await import("./cases/f17.ts")).f17,
  F20: async () => (await import("./cases/f20.ts")).f20,
  F21: async () => (await import("./cases/f21.ts")).f21,
  F23: async () => (await import("./cases/f23.ts")).f23,
  F24: async () => (await import("./cases/f24.ts")).f24,
  F27: async () => (await import("./cases/f27.ts")).f27,
  F28: async () => (await import("./cases/f28.ts")).f28,
  F29: async () => (await import("./cases/f29.ts")).f29,
  F36: async () => (await import("./cases/f36.ts")).f36,
  F42: async () => (await import("./cases/f42.ts")).f42,
  F45: async () => (await import("./cases/f45.ts")).f45,
};

/** Those that `npm test` runs: together under four minutes. */
export const smoke: readonly string[] = ["F01", "F05", "F10", "F11", "F14", "F20", "F27"];
