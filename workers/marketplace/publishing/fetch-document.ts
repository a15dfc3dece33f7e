import { MAX_PUBLISHED_CHARS } from "../../contract/api/marketplace-publishing.ts";
import type { Env } from "../../runtime/env.ts";
import { exchangeText } from "../../upstream/exchange-text.ts";

const TOTAL_MS = 8_000;
const HOSTS = new Set(["github.com", "www.github.com"]);
const RAW_HOST = "raw.githubusercontent.com";
const PART = /^[\w.-]+$/;

/**
 * Fetches a server.json from a public repository on GitHub. `url`: of the repository, a folder or file of it, or of the raw
 * file. The address is built from its parts, so that no other host is asked. Never throws.
 */
export async function fetchDocument(
  env: Env,
  url: string,
): Promise<{ text: string; url: string } | { problem: string }> {
  const base = env.MARKETPLACE_READMES.replace(/\/+$/, "");
  if (base === "") return { problem: "This deployment fetches no files from GitHub." };
  const path = toRawPath(url);
  if (path === null)
    return {
      problem: "Give the URL of a public repository on GitHub, or of a server.json in one.",
    };
  const sent = await exchangeText(env, {
    url: base + path,
    method: "GET",
    headers: { accept: "text/plain" },
    maxBytes: MAX_PUBLISHED_CHARS,
    totalMs: TOTAL_MS,
  });
  if (!sent.ok) return { problem: `GitHub did not send the file: ${sent.problem}.` };
  if (sent.status === 404) return { problem: `There is no public file at ${RAW_HOST}${path}.` };
  if (sent.status !== 200)
    return { problem: `GitHub responded with status ${sent.status} for ${path}.` };
  return { text: sent.text, url: `https://${RAW_HOST}${path}` };
}

function toRawPath(text: string): string | null {
  const url = URL.parse(text.includes("://") ? text : `https://${text}`);
  if (!url || url.protocol !== "https:") return null;
  const parts = url.pathname.split("/").filter((part) => part !== "");
  if (!parts.every((part) => PART.test(part) && !/^\.+$/.test(part))) return null;
  const [owner, name = "", third, branch, ...rest] = parts;
  if (owner === undefined || name === "") return null;
  const repository = `/${owner}/${name.replace(/\.git$/, "")}`;
  if (url.hostname === RAW_HOST) {
    const file = parts.slice(2);
    return file.at(-1)?.endsWith(".json") ? `${repository}/${file.join("/")}` : null;
  }
  if (!HOSTS.has(url.hostname)) return null;
  if (third === undefined) return `${repository}/HEAD/server.json`;
  if (branch === undefined || !["blob", "raw", "tree"].includes(third)) return null;
  const isFile = rest.at(-1)?.endsWith(".json") ?? false;
  const file = isFile ? rest : [...rest, "server.json"];
  return `${repository}/${branch}/${file.join("/")}`;
}
