import type { Stage } from "../stage.ts";

/** What the configuration of a client has, in the order of the table. */
export const ATTEMPTS = {
  listed: "listed",
  otherName: "listed, other name",
  unlisted: "unlisted",
  renamed: "unlisted, listed name",
  bundled: "in a plugin",
  program: "program",
} as const;
export type Attempt = keyof typeof ATTEMPTS;

/** A server at an address in a client's configuration. */
export interface Configured {
  attempt: Exclude<Attempt, "program">;
  name: string;
  url: string;
  token: string;
}

/**
 * The servers that the configuration of a client has. The workspace `suite` is the one with the managed settings; its servers are
 * `old` and `new`, and are listed under these names.
 */
export async function configure(stage: Stage): Promise<Configured[]> {
  const [suite, many] = [
    await stage.makeToken("suite", "fleet"),
    await stage.makeToken("many", "fleet"),
  ];
  const toUrl = (path: string) => new URL(path, stage.urlOf("suite")).href;
  const listed = { token: suite.clear };
  const unlisted = { token: many.clear };
  return [
    { attempt: "listed", name: "old", url: toUrl("/api/gw/suite/old"), ...listed },
    { attempt: "otherName", name: "mine", url: toUrl("/api/gw/suite/new"), ...listed },
    { attempt: "unlisted", name: "unlisted", url: toUrl("/api/gw/many"), ...unlisted },
    { attempt: "renamed", name: "new", url: toUrl("/api/gw/many/many"), ...unlisted },
    { attempt: "bundled", name: "bundled", url: toUrl("/api/gw/many?bundled"), ...unlisted },
  ];
}

/** Which of the servers have answered the first request of a client. */
export function findStarted(stage: Stage, servers: Configured[], from: number): Set<Attempt> {
  const answered = stage.exchanges
    .slice(from)
    .filter(({ status, sent }) => status === 200 && sent.some(({ method }) => isFirst(method)))
    .map(({ path }) => path);
  const started = servers.filter(({ url }) => {
    const { pathname, search } = new URL(url);
    return answered.includes(pathname + search);
  });
  return new Set(started.map(({ attempt }) => attempt));
}

/** The first requests of the two eras. */
function isFirst(method: string | undefined): boolean {
  return method === "initialize" || method === "server/discover";
}
