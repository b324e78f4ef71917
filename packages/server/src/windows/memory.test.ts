import { windowsContract } from "./contract.ts";
import { memoryWindows } from "./memory.ts";

windowsContract("memory", async (options) => memoryWindows({ clock: { now: () => 0 }, ...options }), 1000);
