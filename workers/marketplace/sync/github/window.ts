/**
 * Topics by which repositories are found, in this order. `mcp-server` is what servers call themselves. The others are also of
 * clients, frameworks and lists: there, a server is what has a server.json.
 */
const TOPICS = [
  { topic: "mcp-server", needsServerJson: false },
  { topic: "mcp-servers", needsServerJson: true },
  { topic: "model-context-protocol", needsServerJson: true },
  { topic: "modelcontextprotocol", needsServerJson: true },
];

/** GitHub began in 2008, epoch s. */
const FIRST_SECOND = Date.UTC(2008, 0, 1) / 1_000;
/** Repositories of one request; GitHub returns at most this many. */
export const PAGE_REPOSITORIES = 100;
/** What the next window is meant to have, so that some more than expected still fit. */
const WANTED_REPOSITORIES = 70;
/** A window grows at most by this factor: there can be more repositories behind it. */
const MAX_GROWTH = 8;
/** By which a window shrinks after a request that took GitHub too long or was too large. */
const SHRINKAGE = 4;

/** The repositories of a topic that were created in these seconds. `last`: the last second of the run, epoch s. */
export interface Window {
  topic: number;
  from: number;
  seconds: number;
  last: number;
}

/** Returns the window of a run's cursor; null: it is of another release. `startedAt`: of the run, epoch ms. */
export function parseWindow(cursor: string, startedAt: number): Window | null {
  const last = Math.floor(startedAt / 1_000);
  if (cursor === "") return wholeWindow(0, last);
  const found = /^(\d{1,2}) (\d{1,12}) (\d{1,12})$/.exec(cursor);
  if (!found) return null;
  const [topic = 0, from = 0, seconds = 0] = found.slice(1).map(Number);
  return topic < TOPICS.length && seconds > 0 ? { topic, from, seconds, last } : null;
}

/** The cursor of a window, with which a run goes on. */
export function toCursor({ topic, from, seconds }: Window): string {
  return `${topic} ${from} ${seconds}`;
}

/** Whether a repository of the window is a server only if it has a server.json. */
export function needsServerJson({ topic }: Window): boolean {
  return TOPICS[topic]?.needsServerJson ?? true;
}

/**
 * The search for a window (https://docs.github.com/en/search-github/searching-on-github/searching-for-repositories): public
 * repositories that are neither archived, templates nor forks, which GitHub leaves out by itself. `since`: only those with
 * commits since, epoch ms.
 */
export function toSearch({ topic, from, seconds, last }: Window, since: number | null): string {
  const names = TOPICS.slice(0, topic + 1).map((item) => item.topic);
  const until = Math.min(from + seconds - 1, last);
  return [
    ...names.map((name, i) => `${i < topic ? "-" : ""}topic:${name}`),
    "is:public archived:false template:false",
    `created:${toTime(from)}..${toTime(until)}`,
    ...(since === null ? [] : [`pushed:>=${toTime(since / 1_000)}`]),
  ].join(" ");
}

/** Makes a window smaller whose request failed `attempt` times: fewer repositories take less time and space. */
export function shrink(window: Window, attempt: number): Window {
  return { ...window, seconds: Math.max(1, Math.floor(window.seconds / SHRINKAGE ** attempt)) };
}

/** Whether a window can be halved. */
export function isDivisible({ seconds }: Window): boolean {
  return seconds > 1;
}

/**
 * Chooses the next window, null after the last one. A window with more repositories than one page has is divided, so that no
 * search has a second page: GitHub returns at most 1,000 results, and their order can change between two pages.
 */
export function decideNext(
  window: Window,
  { count, hasMore }: { count: number; hasMore: boolean },
): Window | null {
  const { topic, from, last } = window;
  const seconds = Math.min(window.seconds, last - from + 1);
  const wanted = Math.floor((seconds * WANTED_REPOSITORIES) / Math.max(1, count));
  if (hasMore && isDivisible(window))
    return { ...window, seconds: Math.max(1, Math.min(wanted, Math.floor(seconds / 2))) };
  const next = from + seconds;
  if (next <= last)
    return { topic, from: next, last, seconds: clamp(wanted, 1, seconds * MAX_GROWTH) };
  return topic + 1 < TOPICS.length ? wholeWindow(topic + 1, last) : null;
}

function wholeWindow(topic: number, last: number): Window {
  return { topic, from: FIRST_SECOND, seconds: last - FIRST_SECOND + 1, last };
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(value, most));
}

/** With seconds: GitHub compares to the second. */
function toTime(seconds: number): string {
  return new Date(Math.floor(seconds) * 1_000).toISOString().replace(/\.\d+Z$/, "Z");
}
