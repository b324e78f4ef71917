export * from "./alert.ts";
export * from "./api.ts";
export * from "./errors.ts";
export * from "./event.ts";
export * from "./formats.ts";
export * from "./health.ts";
export * from "./topics.ts";
