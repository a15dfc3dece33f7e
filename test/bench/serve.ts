// node test/bench/serve.ts <upstream URL>…: the production bundle with a workspace `bench` over these upstreams. Prints
// one line of JSON with the address for a load program, and runs until it is stopped.
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
    // workerd, which runs the bundle. This process only starts it and does not take part in calls.
    pids: childrenOf(process.pid),
    fixtures: upstreams.map((url) => new URL("/stats", url).href),
    rotateIpHeader: "cf-connecting-ip",
  }),
);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.removeAllListeners(signal);
  process.once(signal, () => void gateway.stop().finally(() => process.exit(0)));
}
