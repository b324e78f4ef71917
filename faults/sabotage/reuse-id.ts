import { registerHooks } from "node:module";

// Loaded before the program: the ids of alerts are made by `reused-ids.ts`.
registerHooks({
  resolve: (specifier, context, next) => {
    const isForAlerts =
      specifier === "uuid" && context.parentURL?.includes("/detect/episode-alert.") === true;
    if (!isForAlerts) return next(specifier, context);
    return { url: new URL("./reused-ids.ts", import.meta.url).href, shortCircuit: true };
  },
});
