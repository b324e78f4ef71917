export { createEvent, type EventInput } from "./event.ts";
export { loadRules, loadRulesInSteps, type RuleSource, silentRules } from "./load.ts";
export { applies, type RuleRoutes, routeRules } from "./route.ts";
export * from "./rule.ts";
