import { z } from "zod";
import type { SignatureInput } from "../../contract/api/marketplace-publishing.ts";
import type { PublishingServices } from "../../contract/marketplace/publishing-services.ts";
import type { Env } from "../../runtime/env.ts";
import { fetchJson } from "../../upstream/fetch-json.ts";
import { fetchProof } from "../claims/fetch-proof.ts";
import { isSigned, parseDomainKeys } from "./domain-keys.ts";

const DNS_MS = 5_000;
const TXT = 16;
/** Responses of resolvers with JSON: https://developers.google.com/speed/public-dns/docs/doh/json */
const Answer = z.object({
  Status: z.int(),
  Answer: z
    .array(z.object({ type: z.int(), data: z.string().max(10_000) }))
    .max(500)
    .default([]),
});
/** A path of the official registry. */
const KEY_PATH = "/.well-known/mcp-registry-auth";
const MAX_KEY_BYTES = 4_096;
const NAME_ERROR = 3;

/** What a check of a domain's key has found. `message`: what was looked for, where, and what was there. */
export interface DomainCheck {
  isProven: boolean;
  message: string;
}

/** Checks that a key of the domain has signed the challenge. `domain`: in ASCII and lower case. */
export async function proveDomain(
  env: Env,
  services: PublishingServices,
  { kind, domain, signature }: Omit<SignatureInput, "domain"> & { domain: string },
  challenge: string,
): Promise<DomainCheck> {
  const found =
    kind === "dns" ? await resolveTexts(env, services, domain) : await fetchTexts(env, domain);
  const what = "A line “v=MCPv1; k=ed25519; p=…” (or k=ecdsap384)";
  const where = kind === "dns" ? `the TXT records of ${domain}` : `https://${domain}${KEY_PATH}`;
  const looked = `${what} was looked for in ${where}`;
  if ("problem" in found) return { isProven: false, message: `${looked}. ${found.problem}.` };
  const { keys, problems } = parseDomainKeys(found.texts);
  if (keys.length === 0) {
    const seen =
      problems.length > 0
        ? problems.join("; ")
        : `there are ${found.texts.length} texts, none of which is one`;
    return { isProven: false, message: `${looked}: ${seen}.` };
  }
  const names = keys.map(({ fingerprint }) => fingerprint).join(", ");
  if (await isSigned(keys, challenge, signature))
    return { isProven: true, message: `A key in ${where} has signed the text.` };
  const seen =
    keys.length === 1
      ? `The key in ${where} is ${names}. It has not signed this text`
      : `The keys in ${where} are ${names}. None of them has signed this text`;
  const advice = "Sign exactly the text, without a line break at its end";
  return {
    isProven: false,
    message: `${seen}. ${advice}; after a change of the key, remove the old record.`,
  };
}

async function resolveTexts(
  env: Env,
  { dns }: PublishingServices,
  domain: string,
): Promise<{ texts: string[] } | { problem: string }> {
  const query = new URLSearchParams({ name: domain, type: "TXT" });
  const fetched = await fetchJson(env, {
    url: `${dns}?${query.toString()}`,
    service: "The resolver",
    document: "The resolver's response",
    maxMib: 1,
    totalMs: DNS_MS,
    headers: { accept: "application/dns-json" },
  });
  if (!fetched.ok) return { problem: fetched.problem };
  const answer = Answer.safeParse(fetched.value);
  if (!answer.success) return { problem: "The resolver's response is none of DNS" };
  if (answer.data.Status === NAME_ERROR) return { problem: "The domain does not exist" };
  if (answer.data.Status !== 0)
    return { problem: `The resolver responded with the DNS status ${answer.data.Status}` };
  const records = answer.data.Answer.filter(({ type }) => type === TXT);
  return { texts: records.map(({ data }) => joinStrings(data)) };
}

/** A record has one or more texts in quotes, which are read as one (RFC 7208, section 3.3). */
function joinStrings(data: string): string {
  const quoted = [...data.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text = ""]) => text);
  return quoted.length === 0 ? data : quoted.join("").replaceAll(/\\(.)/g, "$1");
}

async function fetchTexts(
  env: Env,
  domain: string,
): Promise<{ texts: string[] } | { problem: string }> {
  const evidence = `https://${domain}${KEY_PATH}`;
  const place = { kind: "domain", subject: domain, evidence, path: KEY_PATH } as const;
  const fetched = await fetchProof(env, place, MAX_KEY_BYTES);
  return fetched.ok
    ? { texts: fetched.lines.filter((line) => line !== "") }
    : { problem: fetched.problem.replace(/\.$/, "") };
}
