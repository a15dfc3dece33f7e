import { z } from "zod";

/** Checked for every token, whatever a rule says. */
const ALWAYS_CHECKED = ["iss", "aud", "exp", "nbf", "iat", "jti"];

/**
 * The claims that name a workload or what owns it, at the issuers of the presets, GitLab, Google and Microsoft. A branch or
 * an environment is not among them: every repository can have one of that name.
 */
const IDENTIFYING_CLAIMS = [
  "sub",
  "repository",
  "repository_id",
  "repository_owner",
  "repository_owner_id",
  "job_workflow_ref",
  "project_path",
  "project_id",
  "namespace_path",
  "namespace_id",
  "email",
  "oid",
  "azp",
  "appid",
];

const ClaimName = z
  .string()
  .regex(/^[\w.:/-]{1,100}$/, "a claim's name has 1 to 100 of a-z, A-Z, 0-9 and _ . : / -");
const ClaimPattern = z
  .string()
  .min(1)
  .max(500)
  .regex(/^[^\p{C}*]*\*?$/u, "write the value, or its beginning and one * at the end");

/** The claims of a trust rule by name; at least one identifies the workload. */
export const TrustRuleClaims = z.record(ClaimName, ClaimPattern).superRefine((claims, context) => {
  const problem = findProblem(Object.entries(claims));
  if (problem !== null) context.addIssue({ code: "custom", message: problem });
});

function findProblem(claims: [name: string, pattern: string][]): string | null {
  if (claims.length > 20) return "a trust rule has at most 20 claims";
  const checked = claims.find(([name]) => ALWAYS_CHECKED.includes(name));
  if (checked) return `${checked[0]} is checked for every token: leave it out`;
  const identifying = claims.filter(([name]) => IDENTIFYING_CLAIMS.includes(name));
  if (identifying.length === 0)
    return `the issuer signs tokens for others too: name the workload by at least one of ${IDENTIFYING_CLAIMS.join(", ")}`;
  const open = identifying.find(([name, pattern]) => !isBounded(name, pattern));
  if (!open) return null;
  return `${open[0]}: "${open[1]}" also fits workloads of others. Before * write a whole name and the separator after it, such as acme/* or repo:acme/*`;
}

/** Whether only names of one owner begin with the text before the `*`: `acme*` is also the beginning of `acme-evil/app`. */
function isBounded(name: string, pattern: string): boolean {
  if (!pattern.endsWith("*")) return true;
  const beginning = pattern.slice(0, -1);
  // A subject begins with its kind: `repo:acme/app:…`, `system:serviceaccount:ns:…`, `spiffe://acme.org/…`.
  const names = name === "sub" ? 2 : 1;
  return /[/:@]$/.test(beginning) && (beginning.match(/[^/:@]+[/:@]/g) ?? []).length >= names;
}

/** Whether a token's claims are what a trust rule asks for; else the name of the first claim that is not. */
export function findUnmetClaim(
  expected: Record<string, string>,
  claims: Record<string, unknown>,
): string | null {
  const unmet = Object.entries(expected).find(([name, pattern]) => {
    const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
    return !["string", "number", "boolean"].includes(typeof value) || !fits(pattern, String(value));
  });
  return unmet ? unmet[0] : null;
}

function fits(pattern: string, value: string): boolean {
  return pattern.endsWith("*") ? value.startsWith(pattern.slice(0, -1)) : value === pattern;
}
