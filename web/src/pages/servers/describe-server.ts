import type { Server } from "../../../../workers/contract/api/resources.ts";
import type { Era, Transport } from "../../../../workers/contract/records/workspace.ts";

/** Display label of an MCP transport; null: not detected yet. */
export function describeTransport(transport: Transport | null): string {
  switch (transport) {
    case "streamable-http":
      return "Streamable HTTP";
    case "sse":
      return "HTTP+SSE";
    case null:
      return "Transport unknown";
  }
}

/** Display label of a protocol era; null: not detected yet. */
export function describeEra(era: Era | null): string {
  switch (era) {
    case "modern":
      return "Modern (stateless)";
    case "legacy":
      return "Legacy (sessions)";
    case null:
      return "Protocol unknown";
  }
}

/** A server's URL, or the container host of a hosted server; empty for members, who do not see where a server is. */
export function describeLocation({ url, hosted }: Server): string {
  return hosted ? `Runs on ${hosted.hostId}` : url;
}
