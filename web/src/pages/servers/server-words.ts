import type { Server } from "../../../../workers/contract/api/resources.ts";
import type { Era, Transport } from "../../../../workers/contract/records/workspace.ts";

export function describeTransport(transport: Transport | null): string {
  switch (transport) {
    case "streamable-http":
      return "Streamable HTTP";
    case "sse":
      return "HTTP+SSE";
    case null:
      return "Transport not known yet";
  }
}

export function describeEra(era: Era | null): string {
  switch (era) {
    case "modern":
      return "stateless era";
    case "legacy":
      return "session era";
    case null:
      return "era not known yet";
  }
}

/** A server's address, or the container host that runs it. */
export function whereIs({ url, hosted }: Server): string {
  return hosted ? `on ${hosted.hostId}` : url;
}
