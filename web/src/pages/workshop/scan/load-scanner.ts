import { loadCode } from "../../../load-code.ts";
import type * as scanner from "./scanner.ts";

/** The scanner's functions. */
export type Scanner = typeof scanner;

let loaded: Promise<Scanner> | undefined;

/** Loads the scanner once. The page calls it when it is opened, so that it works without a network later. */
export function loadScanner(): Promise<Scanner> {
  loaded ??= loadCode(() => import("./scanner.ts"));
  return loaded;
}
