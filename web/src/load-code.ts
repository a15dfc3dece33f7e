import { lazyRouteComponent as lazyComponentOfRouter } from "@tanstack/react-router";
import { lazy, type ComponentType, type LazyExoticComponent } from "react";
import { tryGateway, whenReachable } from "./api/reachability.ts";

/**
 * Loads a part of the dashboard's code. While the gateway does not answer, it waits: an error would replace the page, and
 * the router would reload it, so that the browser's error would replace the dashboard.
 */
export async function loadCode<T>(load: () => Promise<T>): Promise<T> {
  try {
    await whenReachable();
    return await load();
  } catch (error) {
    // The gateway answers, but not with this file: it has another release.
    if (await tryGateway()) throw error;
    await whenReachable();
    return load().catch(reload);
  }
}

/** A browser can keep the failure of a script for as long as the document lives. */
function reload(): Promise<never> {
  location.reload();
  return new Promise(() => {});
}

/** The router's function of this name, with `loadCode`. */
export const lazyRouteComponent: typeof lazyComponentOfRouter = (load, name) =>
  lazyComponentOfRouter(() => loadCode(load), name);

/** React's `lazy` for a named export, with `loadCode`. */
export function lazyComponent<Name extends string, Props>(
  load: () => Promise<Record<Name, ComponentType<Props>>>,
  name: Name,
): LazyExoticComponent<ComponentType<Props>> {
  return lazy(async () => ({ default: (await loadCode(load))[name] }));
}
