import type { System } from "../../../../workers/contract/marketplace/install/paths.ts";

export { SYSTEMS, type System } from "../../../../workers/contract/marketplace/install/paths.ts";

/** Their names. */
export const SYSTEM_LABELS: Record<System, string> = {
  macos: "macOS",
  windows: "Windows",
  linux: "Linux",
};

/** Finds the operating system in a browser's `User-Agent`. Linux, if it names none of the others. */
export function findSystem(userAgent: string): System {
  if (/Windows/i.test(userAgent)) return "windows";
  return /Mac OS X|Macintosh/i.test(userAgent) ? "macos" : "linux";
}
