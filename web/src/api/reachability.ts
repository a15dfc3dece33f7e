import { useSyncExternalStore } from "react";

/** Without a response for this time, a visible page asks whether the gateway answers. */
const QUIET_MS = 20_000;
const HEARTBEAT_MS = 5_000;
/** Pauses between the tries while the gateway does not answer; the last one repeats. */
const RETRY_MS = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000];
const TRY_TIMEOUT_MS = 10_000;

/** Whether the gateway answers. Instants in epoch ms. */
export interface Reachability {
  /** Since when it does not; null: it does. */
  unreachableSince: number | null;
  /** When it is tried next; null: it is being tried, or it answers. */
  nextTryAt: number | null;
}

const REACHABLE: Reachability = { unreachableSince: null, nextTryAt: null };
let current = REACHABLE;
let answeredAt = Date.now();
let tries = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let trying: Promise<boolean> | undefined;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function change(next: Reachability): void {
  current = next;
  for (const listener of listeners) listener();
}

/** Whether the gateway answers, kept up to date. */
export function useReachability(): Reachability {
  return useSyncExternalStore(subscribe, () => current);
}

/** Records a response of the gateway. */
export function reportAnswer(): void {
  answeredAt = Date.now();
  if (current.unreachableSince === null) return;
  clearTimeout(timer);
  tries = 0;
  change(REACHABLE);
}

/** Records that a request got no response of the gateway. A page that is left cancels its requests, so it is tried again. */
export function reportNoAnswer(): void {
  if (current.unreachableSince === null) void tryGateway();
}

/** Tries the gateway. Resolves with whether it answers. */
export function tryGateway(): Promise<boolean> {
  trying ??= ask().finally(() => {
    trying = undefined;
  });
  return trying;
}

async function ask(): Promise<boolean> {
  const askedAt = Date.now();
  clearTimeout(timer);
  if (current.unreachableSince !== null) change({ ...current, nextTryAt: null });
  if (await isAnswered("/api/auth")) {
    reportAnswer();
    return true;
  }
  const pauseMs = RETRY_MS[Math.min(tries, RETRY_MS.length - 1)] ?? 0;
  tries++;
  timer = setTimeout(() => void tryGateway(), pauseMs);
  const unreachableSince = current.unreachableSince ?? askedAt;
  change({ unreachableSince, nextTryAt: Date.now() + pauseMs });
  return false;
}

/** Without cookies: it must not prolong a session that is not used. */
async function isAnswered(path: string): Promise<boolean> {
  const signal = AbortSignal.timeout(TRY_TIMEOUT_MS);
  // A sign-in in front of the gateway, such as Cloudflare Access, redirects what has no cookies to another host, which a
  // page cannot read. That is an answer: the requests with cookies pass.
  const init: RequestInit = { credentials: "omit", cache: "no-store", redirect: "manual", signal };
  // A failure of the peer: the connection, or a proxy that responds instead of the gateway.
  return fetch(path, init).then(
    ({ status }) => status < 500,
    () => false,
  );
}

/** Resolves when the gateway answers; at once if it does. */
export function whenReachable(): Promise<void> {
  if (current.unreachableSince === null) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = subscribe(() => {
      if (current.unreachableSince !== null) return;
      stop();
      resolve();
    });
  });
}

/** Open pages that work without the gateway. */
let localPages = 0;

/** Until the returned function is called, the gateway is not tried by itself: the page promises that it sends nothing. */
export function stayLocal(): () => void {
  localPages++;
  return () => {
    localPages--;
  };
}

/**
 * Tries the gateway when the page becomes visible or the network changes, and when a visible page was quiet. Returns a
 * function that ends it.
 */
export function watchReachability(): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  const tryIfUnreachable = () => {
    if (localPages > 0) return;
    if (current.unreachableSince !== null && document.visibilityState === "visible")
      void tryGateway();
  };
  for (const event of ["focus", "online"])
    globalThis.addEventListener(event, tryIfUnreachable, { signal });
  document.addEventListener("visibilitychange", tryIfUnreachable, { signal });
  const tryUnlessLocal = () => {
    if (localPages === 0) void tryGateway();
  };
  globalThis.addEventListener("offline", tryUnlessLocal, { signal });
  const heartbeat = setInterval(() => {
    const isQuiet = localPages === 0 && Date.now() - answeredAt > QUIET_MS;
    const isNeeded = isQuiet && current.unreachableSince === null;
    if (!isNeeded || document.visibilityState !== "visible") return;
    // A file, because it costs the gateway nothing.
    void isAnswered("/favicon.svg").then((isThere) =>
      isThere ? reportAnswer() : reportNoAnswer(),
    );
  }, HEARTBEAT_MS);
  signal.addEventListener("abort", () => clearInterval(heartbeat));
  return () => stop.abort();
}
