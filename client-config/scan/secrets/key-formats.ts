import { hasTokenChecksum } from "./checksums.ts";
import { isRandom } from "./judge-value.ts";

/** A key of a known format. */
export interface FoundKey {
  /** What it is, such as `GitHub token`. */
  label: string;
  /** The key itself. */
  text: string;
  index: number;
}

interface Format {
  label: string;
  /** Finds the key; the length is part of it. */
  pattern: RegExp;
  /** Whether it is one; without it, the text after the prefix has to look random. */
  verify?: (key: string) => boolean;
}

/** Not within a longer word. */
const bounded = (source: string): RegExp =>
  new RegExp(String.raw`(?<![A-Za-z0-9_-])(?:${source})(?![A-Za-z0-9_-])`, "g");
const format = (label: string, source: string, verify?: (key: string) => boolean): Format => ({
  label,
  pattern: bounded(source),
  ...(verify ? { verify } : {}),
});

const FORMATS: readonly Format[] = [
  format("GitHub token", "gh[pousr]_[A-Za-z0-9]{36}", hasTokenChecksum),
  format("GitHub fine-grained token", "github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"),
  format("npm token", "npm_[A-Za-z0-9]{36}", hasTokenChecksum),
  format("AWS access key", "(?:AKIA|ASIA)[A-Z2-7]{16}"),
  format("Anthropic key", String.raw`sk-ant-[a-z]{3,8}\d\d-[\w-]{80,120}`),
  format("OpenAI key", String.raw`sk-(?:proj|svcacct|admin)-[\w-]{40,200}`),
  format("OpenAI key", "sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}"),
  format("OpenRouter key", "sk-or-v1-[0-9a-f]{64}"),
  format("Slack token", String.raw`xox[abeoprs]-\d{6,15}-[\w-]{16,200}`),
  format("Slack app token", String.raw`xapp-\d-[A-Z0-9]{6,15}-\d{6,15}-[0-9a-f]{32,80}`),
  format("Stripe live key", "(?:sk|rk)_live_[A-Za-z0-9]{20,120}"),
  format("Google API key", String.raw`AIza[\w-]{35}`),
  format("Google client secret", String.raw`GOCSPX-[\w-]{28}`),
  format("Hugging Face token", "hf_[A-Za-z]{34}"),
  format("GitLab token", String.raw`glpat-[\w-]{20,64}`),
  format("Notion token", "ntn_[A-Za-z0-9]{40,60}"),
  format("Linear key", "lin_(?:api|oauth)_[A-Za-z0-9]{40,64}"),
  format("SendGrid key", String.raw`SG\.[\w-]{22}\.[\w-]{43}`),
  format("Telegram bot token", String.raw`\d{8,10}:AA[\w-]{33}`),
  format("Groq key", "gsk_[A-Za-z0-9]{52}"),
  format("Perplexity key", "pplx-[A-Za-z0-9]{48,56}"),
  format("Tavily key", "tvly-(?:dev-|prod-)?[A-Za-z0-9]{32}"),
  format("Firecrawl key", "fc-[0-9a-f]{32}"),
  format("Replicate token", "r8_[A-Za-z0-9]{37}"),
  format("Supabase token", "sbp_[0-9a-f]{40}"),
  format("Supabase secret key", String.raw`sb_secret_[\w-]{31}`),
  format("Figma token", String.raw`figd_[\w-]{40}`),
  format("Brave Search key", String.raw`BSA[\w-]{28}`),
  format("DigitalOcean token", "do[opr]_v1_[0-9a-f]{64}"),
  format("Databricks token", "dapi[0-9a-f]{32}"),
  format("PyPI token", String.raw`pypi-AgEIcHlwaS5vcmc[\w-]{50,300}`),
  format("Shopify token", "shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
  format("Atlassian token", String.raw`ATATT3[\w-]{60,250}=[0-9A-F]{8}`),
  format("Airtable token", String.raw`pat[A-Za-z0-9]{14}\.[0-9a-f]{64}`),
  format("xAI key", "xai-[A-Za-z0-9]{80}"),
  format("JSON Web Token", String.raw`eyJ[\w-]{8,2000}\.eyJ[\w-]{8,4000}\.[\w-]{16,1400}`, isJwt),
  {
    label: "private key",
    pattern: /-----BEGIN (?:[A-Z]{2,12} )?PRIVATE KEY-----[\sA-Za-z0-9+/=\\:,-]{60,8000}/g,
    verify: () => true,
  },
  {
    label: "Slack webhook",
    pattern: /https:\/\/hooks\.slack\.com\/services\/T[A-Z0-9]{8,12}\/B[A-Z0-9]{8,12}\/\w{24,200}/g,
  },
];

/** A first look: each format has one of these texts. Nearly no text of a configuration has. */
const HINT =
  /gh[pousr]_|github_pat_|npm_|AKIA|ASIA|sk-|xox|xapp-|_live_|AIza|GOCSPX-|hf_|glpat-|ntn_|lin_|SG\.|:AA|gsk_|pplx-|tvly-|fc-|r8_|sb[p_]|figd_|BSA|_v1_|dapi|pypi-|shp|ATATT3|pat|xai-|eyJ|PRIVATE KEY|hooks\.slack/;

/** The keys of known formats in a text, in their order. */
export function findKeys(text: string): FoundKey[] {
  if (!HINT.test(text)) return [];
  const found: FoundKey[] = [];
  for (const { label, pattern, verify } of FORMATS)
    for (const { 0: key, index } of text.matchAll(pattern)) {
      const isTaken = found.some(
        (other) => index < other.index + other.text.length && other.index < index + key.length,
      );
      if (isTaken || !(verify ? verify(key) : isRandom(key.replace(/^[a-z]{2,6}[-_]/i, ""))))
        continue;
      found.push({ label, text: key, index });
    }
  return found.toSorted((a, b) => a.index - b.index);
}

/** Whether a value is a key that is made to be public, such as the anonymous key of Supabase. */
export function isPublicKey(text: string): boolean {
  if (/^(?:pk_(?:live|test)_|sb_publishable_|phc_)\w{10,}$/.test(text)) return true;
  return readJson(text.split(".")[1] ?? "")?.["role"] === "anon";
}

function isJwt(token: string): boolean {
  const [head = ""] = token.split(".");
  const header = readJson(head);
  return typeof header?.["alg"] === "string" && !isPublicKey(token);
}

function readJson(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(atob(part.replaceAll("-", "+").replaceAll("_", "/")));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    // No base64 or no JSON: it only looks like a token.
    return null;
  }
}
