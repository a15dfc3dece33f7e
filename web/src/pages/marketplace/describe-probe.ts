import type { Drift, RemoteProbe } from "../../../../workers/contract/api/marketplace-probes.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { formatLatency } from "../../ui/format-numbers.ts";
import type { Tone } from "../../ui/page.tsx";

/** What an address responds. `text` can quote the server. */
export function describeProbe(probe: RemoteProbe): { tone: Tone; label: string; text: string } {
  const { outcome, latencyMs, protocolVersion, auth } = probe;
  const problem = probe.problem ?? "";
  switch (outcome) {
    case null:
      return { tone: "neutral", label: "Not inspected yet", text: "" };
    case "listed":
      return {
        tone: "ok",
        label: "Responds",
        text: `Without credentials, in ${formatLatency(latencyMs)}, with MCP ${protocolVersion}`,
      };
    case "protected":
      return {
        tone: "neutral",
        label: "Not inspected: needs credentials",
        text:
          auth === "oauth"
            ? "It signs people in with OAuth."
            : auth === "headers"
              ? "It expects a credential in a header."
              : problem,
      };
    case "answered":
      return { tone: "warn", label: "Not inspected: no list of tools", text: problem };
    case "failed":
      return { tone: "bad", label: "No MCP server responds", text: problem };
    case "skipped":
      return { tone: "neutral", label: "Not inspected", text: problem };
  }
}

const AUTH: Record<string, string> = {
  none: "no credentials",
  oauth: "OAuth",
  headers: "a credential in a header",
};

/** What has changed, as a sentence without its end. */
export function describeDrift({ kind, tool, detail }: Drift): string {
  const name = escapeLine(tool ?? "");
  switch (kind) {
    case "tool_added":
      return `${name} is new`;
    case "tool_removed":
      return `${name} is no longer listed`;
    case "description_changed":
      return `${name} has another description`;
    case "schema_changed":
      return `${name} has other parameters or results`;
    case "annotations_changed":
      return `${name} has other hints`;
    case "auth_changed": {
      const [from = "", to = ""] = (detail ?? "").split(" to ");
      return `It asks for ${AUTH[to] ?? "something else"}, before that for ${AUTH[from] ?? "something else"}`;
    }
    case "stopped":
      return "It no longer responds";
    case "resumed":
      return "It responds again";
  }
}
