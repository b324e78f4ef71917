import { type Analyser, type AnalyserOptions, createAnalyser } from "../detect/analyser.ts";
import { memoryWindows } from "../windows/memory.ts";
import { systemClock, systemTiming } from "./system-clock.ts";

/**
 * The engine of the live stream on windows in memory: for files, without any server. An alert is told when it begins and
 * when it ends, and not while it grows: how often it grew does not depend on how fast the file was read.
 */
export function offlineAnalyser(
  options: Omit<AnalyserOptions, "windows" | "clock" | "timing" | "throttle">,
): Analyser {
  return createAnalyser({
    ...options,
    windows: memoryWindows({ clock: systemClock }),
    clock: systemClock,
    timing: systemTiming,
    throttle: Infinity,
  });
}
