/** Name of the file that proves a claim. */
const FILE = "mcpnest-claim.txt";
/** Letters, digits and hyphens, as in host names (RFC 1123, section 2.1); also an IDNA name in ASCII. */
const LABEL = /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/;
/** The last label of a domain. One of digits only would make the host an IPv4 address. */
const TOP_LEVEL = /^(?:[a-z]{2,63}|xn--[a-z\d-]{1,59})$/;
const MAX_HOST_CHARS = 253;
/** GitHub's names of accounts. */
const ACCOUNT = /^[a-z\d](?:-?[a-z\d]){0,38}$/i;

/** Where the owner of a namespace publishes the proof of a claim. */
export interface ClaimPlace {
  kind: "domain" | "github";
  /** What the proof is of: a host name or a GitHub account. */
  subject: string;
  /** https URL of the file, for people. */
  evidence: string;
  /** Path of the file at its host; of a GitHub account, at the server of raw files. */
  path: string;
}

/**
 * Returns where a namespace is proven: at exactly the host that it names in reverse order, so that neither the host above it
 * nor one below it can claim it; in `io.github`, by the account. Null: it names neither.
 */
export function toClaimPlace(namespace: string): ClaimPlace | null {
  const labels = namespace.toLowerCase().split(".");
  if (labels[0] === "io" && labels[1] === "github") return toGithubPlace(namespace.split("."));
  const host = labels.toReversed().join(".");
  const topLevel = labels[0] ?? "";
  if (labels.length < 2 || host.length > MAX_HOST_CHARS || !TOP_LEVEL.test(topLevel)) return null;
  if (!labels.every((label) => LABEL.test(label))) return null;
  const path = `/.well-known/${FILE}`;
  return { kind: "domain", subject: host, evidence: `https://${host}${path}`, path };
}

function toGithubPlace([, , account = "", ...rest]: string[]): ClaimPlace | null {
  if (rest.length > 0 || !ACCOUNT.test(account)) return null;
  const evidence = `https://github.com/${account}/.github/blob/HEAD/${FILE}`;
  return { kind: "github", subject: account, evidence, path: `/${account}/.github/HEAD/${FILE}` };
}
