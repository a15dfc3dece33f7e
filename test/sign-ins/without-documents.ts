import { createServer, request as forward } from "node:http";
import { text } from "node:stream/consumers";
import { listen } from "../fixtures/listen.mjs";

const METADATA = "/.well-known/oauth-authorization-server/oauth";

/**
 * A proxy in front of a gateway whose authorization server says that it reads no metadata documents of clients: without a
 * network it cannot, and clients that have one at their vendor's host register instead. `port`: the gateway's.
 */
export function startProxy(port: number) {
  return listen(
    createServer((incoming, outgoing) => {
      const { method, url, headers } = incoming;
      const target = { host: "127.0.0.1", port, method, path: url, headers, agent: false };
      const sent = forward(target, (response) => {
        if (url !== METADATA) {
          outgoing.writeHead(response.statusCode ?? 502, response.headers);
          response.pipe(outgoing);
          return;
        }
        void text(response).then((body) => {
          const metadata = { ...JSON.parse(body), client_id_metadata_document_supported: false };
          outgoing.writeHead(200, { "content-type": "application/json" });
          return outgoing.end(JSON.stringify(metadata));
        });
      });
      // The gateway has broken off: the client sees the same.
      sent.on("error", () => outgoing.destroy());
      outgoing.on("close", () => sent.destroy());
      incoming.pipe(sent);
    }),
  );
}
