import { registerHooks } from "node:module";

// Loaded before the program: its logger is made by `storming-log.ts`.
registerHooks({
  resolve: (specifier, context, next) => {
    const isForProcess =
      specifier.endsWith("/telemetry/log.ts") && context.parentURL?.includes("/app/process-log.") === true;
    if (!isForProcess) return next(specifier, context);
    return { url: new URL("./storming-log.ts", import.meta.url).href, shortCircuit: true };
  },
});
