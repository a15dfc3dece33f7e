import { z } from "zod";
import { toGithubOwner } from "../../contract/marketplace/publisher.ts";
import type { PublishingServices } from "../../contract/marketplace/publishing-services.ts";
import type { ServerDocument, ServerPackage } from "../../contract/marketplace/server-document.ts";
import { parseJson } from "../../mcp/json.ts";
import type { Env } from "../../runtime/env.ts";
import { exchangeText } from "../../upstream/exchange-text.ts";
import { readImageName, type MarkerRead } from "./image-marker.ts";

// Markers by which the owner of a package names its server, as the official registry checks them:
// https://github.com/modelcontextprotocol/registry/blob/main/docs/modelcontextprotocol-io/package-types.mdx

const MAX_BYTES = 4 * 1024 * 1024;
const TOTAL_MS = 8_000;
/** Each is up to five requests. */
const MAX_PACKAGES = 5;

const NpmVersion = z.object({ mcpName: z.string().max(500).optional() });
const PypiProject = z.object({ info: z.object({ description: z.string().nullish() }) });
const CrateReadme = z.object({ url: z.string() });

/** Why the packages of a server are not its publisher's, one sentence for each; none: all have their marker. */
export async function checkPackageMarkers(
  env: Env,
  services: PublishingServices,
  { name, packages }: Pick<ServerDocument, "name" | "packages">,
): Promise<string[]> {
  if (packages.length > MAX_PACKAGES)
    return [`A server has at most ${MAX_PACKAGES} packages, and this one has ${packages.length}.`];
  const found = await Promise.all(
    packages.map(async (item) => {
      const read = await readMarker(env, services, item, name);
      const label = `The package ${item.registryType} ${item.identifier}`;
      if (read === null) return [];
      if ("problem" in read) return [`${label} could not be checked: ${read.problem}.`];
      if (read.name === name) return [];
      const seen = read.name === null ? "it is not there" : `it is “${read.name.slice(0, 200)}”`;
      return [
        `${label} must name this server: ${read.place} was looked for with “${name}”, and ${seen}.`,
      ];
    }),
  );
  return found.flat();
}

/** Null: there is no marker for this type, and the schema has asked for what takes its place. */
async function readMarker(
  env: Env,
  services: PublishingServices,
  item: ServerPackage,
  server: string,
): Promise<MarkerRead | null> {
  const version = item.version ?? "";
  const [id, at] = [encodeURIComponent(item.identifier), encodeURIComponent(version)];
  switch (item.registryType) {
    case "npm": {
      const read = await fetchText(env, `${services.npm}/${id}/${at}`, "application/json");
      const parsed = NpmVersion.safeParse("text" in read ? parseJson(read.text) : undefined);
      if ("problem" in read) return read;
      if (!parsed.success) return { problem: "npm’s response is no version of a package" };
      return { name: parsed.data.mcpName ?? null, place: "“mcpName” in its package.json" };
    }
    case "pypi": {
      const read = await fetchText(
        env,
        `${services.pypi}/pypi/${id}/${at}/json`,
        "application/json",
      );
      if ("problem" in read) return read;
      const parsed = PypiProject.safeParse(parseJson(read.text));
      if (!parsed.success) return { problem: "PyPI’s response is no project" };
      return toReadmeMarker(parsed.data.info.description ?? "", server);
    }
    case "nuget": {
      const path = `${id.toLowerCase()}/${at.toLowerCase()}/readme`;
      const read = await fetchText(env, `${services.nuget}/v3-flatcontainer/${path}`, "text/plain");
      return "problem" in read ? read : toReadmeMarker(read.text, server);
    }
    case "cargo":
      return readCrate(env, services, `${id}/${at}`, server);
    case "oci":
      return readImageName(env, item.identifier);
    case "go": {
      const owner = toGithubOwner(server.split("/")[0] ?? "");
      const [host, account = ""] = item.identifier.split("/");
      const isOwn = host === "github.com" && account.toLowerCase() === owner?.toLowerCase();
      return { name: isOwn ? server : null, place: "the account in its module path" };
    }
    default:
      return null;
  }
}

/** The address of a crate's README is in a first response. It must be of the same registry. */
async function readCrate(
  env: Env,
  { cargo }: PublishingServices,
  path: string,
  server: string,
): Promise<MarkerRead> {
  const first = await fetchText(env, `${cargo}/api/v1/crates/${path}/readme`, "application/json");
  if ("problem" in first) return first;
  const parsed = CrateReadme.safeParse(parseJson(first.text));
  const url = URL.parse(parsed.data?.url ?? "", cargo);
  const own = new URL(cargo);
  const isOwn = url?.host === own.host || url?.host === `static.${own.host}`;
  if (!url || !isOwn || url.protocol !== own.protocol)
    return { problem: "crates.io named no README of its own" };
  const read = await fetchText(env, url.href, "text/html");
  return "problem" in read ? read : toReadmeMarker(read.text, server);
}

const README_PLACE = "“mcp-name: …” in its README";
const MARKER = /mcp-name: ([A-Za-z0-9._/-]+)/g;

/** A README can name several servers. The name ends where no character of a name follows, so that no longer one is taken. */
function toReadmeMarker(readme: string, server: string): MarkerRead {
  const names = [...readme.matchAll(MARKER)].map(([, name = ""]) => name);
  // A full stop can end the sentence in which the name is.
  const found = names.find((name) => name === server || name === `${server}.`);
  return { name: found === undefined ? (names[0] ?? null) : server, place: README_PLACE };
}

async function fetchText(
  env: Env,
  url: string,
  accept: string,
): Promise<{ text: string } | { problem: string }> {
  const sent = await exchangeText(env, {
    url,
    method: "GET",
    headers: { accept },
    maxBytes: MAX_BYTES,
    totalMs: TOTAL_MS,
  });
  if (!sent.ok) return { problem: sent.problem };
  const { host } = new URL(url);
  return sent.status === 200
    ? { text: sent.text }
    : { problem: `${host} responded with status ${sent.status}` };
}
