import type { ServerDocument } from "../../../../workers/contract/marketplace/server-document.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";

/** What a server asks for before it can be used; null: it has neither a package nor a remote. */
export function describeSignIn({ packages, remotes }: ServerDocument): string | null {
  if (packages.length + remotes.length === 0) return null;
  const inputs = [
    ...packages.flatMap(({ environmentVariables, transport }) => [
      ...environmentVariables,
      ...transport.headers,
    ]),
    ...remotes.flatMap(({ headers }) => headers),
  ];
  const secrets = [...new Set(inputs.filter(({ isSecret }) => isSecret).map(({ name }) => name))];
  if (secrets.length > 0) return `Needs ${secrets.map(escapeLine).join(", ")}`;
  return remotes.length > 0
    ? "No secret declared; a remote can ask for OAuth"
    : "No secret declared";
}
