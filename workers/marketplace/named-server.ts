import { ServerName } from "../contract/marketplace/server-document.ts";
import { REPOSITORY_HOSTS, splitRepositoryUrl, toNameKey, toPublisher } from "./identity.ts";

/** What a search names whole: a server by the key of its name, or a repository on GitHub (`owner/name` in lower case). */
export type NamedServer = { nameKey: string } | { repository: string };

const WHOLE_URL = /^(?:git\+)?https?:\/\/|^git@/i;

/**
 * Reads the names of servers and the URLs of repositories in a search. `text` has the parts of them by which servers are
 * found, too: the publisher and the own name. `named`: what the whole text names; null: it names nothing.
 */
export function readNamedServer(text: string): { named: NamedServer | null; text: string } {
  const parts = text.split(/\s+/).filter((part) => part !== "");
  const read = parts.map((part) => (part.includes("/") ? readPart(part) : null));
  return {
    named: (parts.length === 1 ? read[0]?.named : null) ?? null,
    text: parts.map((part, i) => read[i]?.text ?? part).join(" "),
  };
}

function readPart(part: string): { named: NamedServer | null; text: string } | null {
  const split = splitRepositoryUrl(WHOLE_URL.test(part) ? part : `https://${part}`);
  if (split && REPOSITORY_HOSTS.has(split.host)) {
    const [owner = "", name = ""] = split.parts.map((own) => own.replace(/\.git$/i, ""));
    const isOnGitHub = split.host === "github.com" && name !== "";
    return {
      named: isOnGitHub ? { repository: `${owner}/${name}`.toLowerCase() } : null,
      text: `${owner} ${name}`,
    };
  }
  if (!ServerName.safeParse(part).success) return null;
  const [namespace = "", name = ""] = part.split("/");
  return { named: { nameKey: toNameKey(part) }, text: `${toPublisher(namespace)} ${name}` };
}
