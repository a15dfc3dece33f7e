// node test/bench/serve.ts <upstream URL>…: the production bundle with a workspace `bench` over these upstreams. Prints
// one line of JSON that tells a load program how to reach it, and runs until it is ended.
import { createOpenWorkspace, startLocalGateway } from "../fixtures/local-gateway.ts";
import { childrenOf } from "./processes.ts";

const upstreams = process.argv.slice(2);
if (upstreams.length === 0) throw new Error("usage: node test/bench/serve.ts <upstream URL>…");

const gateway = await startLocalGateway({ CLIENT_ADDRESS_HEADER: "cf-connecting-ip" });
const servers = upstreams.map((url, index) => ({ slug: `u${index + 1}`, url }));
const { gatewayUrl, token } = await createOpenWorkspace(gateway.api, "bench", servers);
console.log(
  JSON.stringify({
    name: "mcpnest",
    url: gatewayUrl,
    headers: { authorization: `Bearer ${token}` },
    // workerd, which runs the bundle. This process only started it and has no part in a call.
    pids: childrenOf(process.pid),
    fixtures: upstreams.map((url) => new URL("/stats", url).href),
    rotateIpHeader: "cf-connecting-ip",
  }),
);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.removeAllListeners(signal);
  process.once(signal, () => void gateway.stop().finally(() => process.exit(0)));
}
