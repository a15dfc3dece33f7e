import type { Server } from "../../../../workers/contract/api/resources.ts";

type Protocol = Pick<Server, "transport" | "era" | "protocolVersion"> & { stateful?: boolean };

/** A server's protocol in words: revision, and whether it is stateless or has sessions. */
export function describeProtocol(protocol: Protocol): string {
  const { transport, era, protocolVersion, stateful } = protocol;
  if (era === null || protocolVersion === null) return "Protocol not detected yet";
  if (transport === "sse") return `${protocolVersion} over HTTP+SSE`;
  if (era === "modern") return `Modern (${protocolVersion}, stateless)`;
  if (stateful === undefined) return protocolVersion;
  return `${protocolVersion} ${stateful ? "with sessions" : "without sessions"}`;
}

/** A server's URL, or the container host of a hosted server; empty for members, who do not see where a server is. */
export function describeLocation({ url, hosted }: Server): string {
  return hosted ? `Runs on ${hosted.hostId}` : url;
}
