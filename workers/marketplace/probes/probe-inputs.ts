import type { ServerDocument } from "../../contract/marketplace/server-document.ts";
import type { ProbeFact } from "../../db/marketplace-probes.ts";
import type { ScoreInputs } from "../score.ts";
import { isUnreachable } from "./decide-change.ts";

/**
 * Returns what the probes of a server's addresses say for its score, the words by which its tools are found, and how its
 * addresses authenticate their callers, by URL.
 */
export function toProbeInputs({ packages }: Pick<ServerDocument, "packages">, facts: ProbeFact[]) {
  const lists = facts.filter(({ words }) => words !== null && words !== "");
  const probed = facts.filter(({ outcome }) => outcome !== null && outcome !== "skipped");
  const score: Pick<ScoreInputs, "tools" | "isUnreachable"> = {
    tools:
      lists.length === 0
        ? null
        : lists.some(({ isDescribed }) => isDescribed)
          ? "described"
          : "listed",
    // A client that starts the package needs no address.
    isUnreachable:
      probed.length === 0 ? null : packages.length === 0 && probed.every(isUnreachable),
  };
  const auth = new Map(
    facts.flatMap((fact) => (fact.auth ? [[fact.url, fact.auth] as const] : [])),
  );
  return { score, words: lists.map(({ words }) => words).join(" "), auth };
}
