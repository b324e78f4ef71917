import { type Analyser, type AnalyserOptions, createAnalyser } from "../detect/analyser.ts";
import { memoryWindows } from "../windows/memory.ts";
import { systemClock } from "./system-clock.ts";

/** The engine of the live stream on windows in memory: for files, without any server. */
export function offlineAnalyser(options: Omit<AnalyserOptions, "windows" | "clock">): Analyser {
  return createAnalyser({ ...options, windows: memoryWindows({ clock: systemClock }), clock: systemClock });
}
