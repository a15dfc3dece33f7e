import { z } from "zod";
import { parseJson } from "../../mcp/json.ts";
import type { Env } from "../../runtime/env.ts";
import { exchangeText, type TextExchange } from "../../upstream/exchange-text.ts";

/** The label and the annotation that name a server. */
const LABEL = "io.modelcontextprotocol.server.name";
const MAX_BYTES = 4 * 1024 * 1024;
const TOTAL_MS = 8_000;
const TYPES = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

/** What a package says; or why that is not known. `name`: the server's name in its marker, null: it has none. */
export type MarkerRead = { name: string | null; place: string } | { problem: string };

const Texts = z.record(z.string(), z.string()).nullish();
const Manifest = z.object({
  annotations: Texts,
  manifests: z.array(z.object({ digest: z.string().max(200) })).nullish(),
  config: z.object({ digest: z.string().max(200) }).nullish(),
});
const Config = z.object({ config: z.object({ Labels: Texts }).nullish() });
const Token = z.object({ token: z.string().optional(), access_token: z.string().optional() });

/** Where an image is: https://github.com/opencontainers/distribution-spec/blob/main/spec.md */
interface Image {
  host: string;
  path: string;
  reference: string;
}

/** Reads the server's name in an image: an annotation of its index or manifest, or a label of its configuration. */
export async function readImageName(env: Env, identifier: string): Promise<MarkerRead> {
  const image = parseImage(identifier);
  const place = `the annotation or label “${LABEL}”`;
  const opened = await openManifest(env, image);
  if ("problem" in opened) return opened;
  const { token } = opened;
  let { manifest } = opened;
  for (let level = 0; level < 2; level += 1) {
    const named = manifest.annotations?.[LABEL];
    if (named !== undefined) return { name: named, place };
    const [first] = manifest.manifests ?? [];
    if (!first) break;
    const next = toManifest(await get(env, image, `manifests/${first.digest}`, token), image);
    if ("problem" in next) return next;
    ({ manifest } = next);
  }
  if (!manifest.config) return { name: null, place };
  const blob = await get(env, image, `blobs/${manifest.config.digest}`, token);
  if (!blob.ok)
    return {
      problem: `its labels cannot be read (${blob.problem}). Set the annotation “${LABEL}” of the image, too`,
    };
  const config = Config.safeParse(parseJson(blob.text));
  return { name: config.data?.config?.Labels?.[LABEL] ?? null, place };
}

async function openManifest(
  env: Env,
  image: Image,
): Promise<{ manifest: z.infer<typeof Manifest>; token: string | null } | { problem: string }> {
  const path = `manifests/${image.reference}`;
  const first = await get(env, image, path, null);
  if (!first.ok || first.status !== 401) return withToken(toManifest(first, image), null);
  // Registries give a token for public images without a sign-in: https://distribution.github.io/distribution/spec/auth/token/
  const challenge = first.headers.get("www-authenticate") ?? "";
  const read = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1];
  const realm = URL.parse(read("realm") ?? "");
  if (!realm) return { problem: `${image.host} asks for a sign-in` };
  const service = read("service");
  if (service !== undefined) realm.searchParams.set("service", service);
  realm.searchParams.set("scope", `repository:${image.path}:pull`);
  const sent = await send(env, realm.href, {});
  const token = Token.safeParse(sent.ok ? parseJson(sent.text) : undefined).data;
  const text = token?.token ?? token?.access_token;
  if (text === undefined) return { problem: `${image.host} gives no token for public images` };
  return withToken(toManifest(await get(env, image, path, text), image), text);
}

function withToken(read: ReturnType<typeof toManifest>, token: string | null) {
  return "problem" in read ? read : { ...read, token };
}

function toManifest(
  sent: TextExchange,
  { host }: Image,
): { manifest: z.infer<typeof Manifest> } | { problem: string } {
  if (!sent.ok) return { problem: sent.problem };
  if (sent.status !== 200) return { problem: `${host} responded with status ${sent.status}` };
  const manifest = Manifest.safeParse(parseJson(sent.text));
  return manifest.success
    ? { manifest: manifest.data }
    : { problem: `the response of ${host} is no manifest` };
}

async function get(env: Env, { host, path }: Image, what: string, token: string | null) {
  const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
  return send(env, `https://${host}/v2/${path}/${what}`, { accept: TYPES, ...authorization });
}

async function send(env: Env, url: string, headers: Record<string, string>) {
  return exchangeText(env, { url, method: "GET", headers, maxBytes: MAX_BYTES, totalMs: TOTAL_MS });
}

function parseImage(identifier: string): Image {
  const [, name = "", tag, digest] =
    /^(.*?)(?::([^:/@]+))?(?:@(sha256:[a-f0-9]{64}))?$/i.exec(identifier) ?? [];
  const [first = "", ...rest] = name.split("/");
  const hasHost = rest.length > 0 && /[.:]/.test(first);
  const isDocker = !hasHost || first === "docker.io";
  const path = hasHost ? rest.join("/") : name;
  return {
    host: isDocker ? "registry-1.docker.io" : first,
    path: isDocker && !path.includes("/") ? `library/${path}` : path,
    reference: digest ?? tag ?? "latest",
  };
}
