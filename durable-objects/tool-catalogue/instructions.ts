import type { ServerRecord } from "../../workers/contract/records/workspace.ts";

/** What a client's model learns of a server whose tools no account has listed yet. */
export function describeUnlisted({ name, perPerson }: ServerRecord): string {
  const does = perPerson?.kind === "key" ? "entered a key" : "connected an account";
  return `The tools of the server "${name}" are not known yet: it lists them when a person has ${does} for it, on the page “Your accounts” of the gateway’s dashboard.`;
}

/**
 * A server's instructions with the names of its tools as clients see them; `exposed`: by the server's own names. A name
 * is replaced where it is surely one: it has an underscore, a hyphen, a digit or a capital inside, or it stands in
 * quotation marks, in backticks or before a parenthesis, and not in a URL. "Use search to find …" stays as it is for a tool `search`.
 */
export function toClientInstructions(text: string, exposed: ReadonlyMap<string, string>): string {
  return text.replaceAll(
    /(?<before>[`"'“‘]?)(?<![\w./?=&#:-])(?<name>[A-Za-z_][\w.-]*[\w]|[A-Za-z_])(?![\w-]|=|:\/\/)(?<after>[`"'”’(]?)/g,
    (found: string, before: string, name: string, after: string) => {
      const clientName = exposed.get(name);
      const isMarked = after === "(" || (before !== "" && after !== "");
      if (clientName === undefined || !(isMarked || /[_\d-]|.[A-Z]/.test(name))) return found;
      return before + clientName + after;
    },
  );
}
