import { z } from "zod";
import type { HandOnInput, Publication } from "../../contract/api/marketplace-publishing.ts";
import type { PublishingServices } from "../../contract/marketplace/publishing-services.ts";
import { escapeLine } from "../../contract/text/hidden-characters.ts";
import { parseJson } from "../../mcp/json.ts";
import type { Env } from "../../runtime/env.ts";
import { exchangeText } from "../../upstream/exchange-text.ts";

// The protocol of `mcp-publisher`: https://github.com/modelcontextprotocol/registry/tree/main/cmd/publisher

const TOTAL_MS = 15_000;
const MAX_BYTES = 1024 * 1024;
/** Characters of the registry's words that are kept. */
const MAX_WORDS = 1_000;

const Token = z.object({ registry_token: z.string().min(1) });
/** An error as RFC 9457 has it. */
const Problem = z.object({
  title: z.string().optional(),
  detail: z.string().optional(),
  errors: z.array(z.object({ message: z.string().optional() })).nullish(),
});

/** What the official registry made of a version. */
export type HandOnResult = Omit<NonNullable<Publication["handedOn"]>, "at">;

/**
 * Publishes a version at the official registry for its publisher. `document`: server.json. The registry's token is the
 * publisher's, and is forgotten with the request.
 */
export async function handOn(
  env: Env,
  { registry }: PublishingServices,
  document: string,
  sign: HandOnInput["sign"],
): Promise<HandOnResult> {
  const token = await exchangeToken(env, registry, sign);
  if (typeof token !== "string") return token;
  const headers = { authorization: `Bearer ${token}` };
  const sent = await post(env, `${registry}/v0.1/publish`, headers, document);
  if ("state" in sent)
    return { ...sent, message: withoutSecret(sent.message, [token, ...secretsOf(sign)]) };
  return { state: "accepted", message: "The official registry lists this version." };
}

async function exchangeToken(
  env: Env,
  registry: string,
  sign: HandOnInput["sign"],
): Promise<string | HandOnResult> {
  if (sign.kind === "registry") return sign.token;
  const [path, body] =
    sign.kind === "github"
      ? ["github-at", { github_token: sign.token }]
      : [
          sign.kind,
          { domain: sign.domain, timestamp: sign.timestamp, signed_timestamp: sign.signature },
        ];
  const sent = await post(env, `${registry}/v0.1/auth/${path}`, {}, JSON.stringify(body));
  if ("state" in sent) return { ...sent, message: withoutSecret(sent.message, secretsOf(sign)) };
  const token = Token.safeParse(parseJson(sent.text));
  return token.success
    ? token.data.registry_token
    : { state: "refused", message: "The registry’s response has no token." };
}

async function post(
  env: Env,
  url: string,
  headers: Record<string, string>,
  body: string,
): Promise<{ text: string } | HandOnResult> {
  const sent = await exchangeText(env, {
    url,
    method: "POST",
    headers: { accept: "application/json", "content-type": "application/json", ...headers },
    body,
    maxBytes: MAX_BYTES,
    totalMs: TOTAL_MS,
  });
  if (!sent.ok) return { state: "unreachable", message: `${sent.problem}.` };
  if (sent.status === 200 || sent.status === 201) return { text: sent.text };
  const isLater = sent.status === 429 || sent.status >= 500;
  return { state: isLater ? "unreachable" : "refused", message: toWords(sent.status, sent.text) };
}

function toWords(status: number, text: string): string {
  const { data } = Problem.safeParse(parseJson(text));
  const parts = [
    data?.detail ?? data?.title,
    ...(data?.errors ?? []).map(({ message }) => message),
  ];
  const words = escapeLine(parts.filter((part) => part !== undefined).join(": "));
  return `Status ${status}${words === "" ? "" : `: ${words.slice(0, MAX_WORDS).toWellFormed()}`}`;
}

function secretsOf(sign: HandOnInput["sign"]): string[] {
  return "token" in sign ? [sign.token] : [sign.signature];
}

/** A registry could send back what it was sent. */
function withoutSecret(message: string, secrets: string[]): string {
  return secrets.reduce((text, secret) => text.replaceAll(secret, "…"), message);
}
