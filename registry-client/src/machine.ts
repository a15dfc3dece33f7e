import { homedir } from "node:os";
import type { System } from "../../workers/contract/marketplace/install/paths.ts";

/** Where the program runs. */
export interface Machine {
  system: System;
  home: string;
  env: Readonly<Record<string, string | undefined>>;
}

/** The machine of this process. */
export function findMachine(): Machine {
  const systems: Partial<Record<NodeJS.Platform, System>> = { darwin: "macos", win32: "windows" };
  return { system: systems[process.platform] ?? "linux", home: homedir(), env: process.env };
}
