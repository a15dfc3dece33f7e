import { use } from "react";
import { loadCode } from "../../load-code.ts";
import type * as library from "./form-library.ts";

type FormLibrary = typeof library;

let loading: Promise<FormLibrary> | undefined;

/** The functions and the component that generate a form from a schema; suspends until they are loaded. */
export function useFormLibrary(): FormLibrary {
  loading ??= load();
  return use(loading);
}

async function load(): Promise<FormLibrary> {
  try {
    return await loadCode(() => import("./form-library.ts"));
  } catch (error) {
    // The next page that needs it tries again.
    loading = undefined;
    throw error;
  }
}
