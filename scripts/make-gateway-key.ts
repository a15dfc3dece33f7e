// Makes the key with which a gateway signs its requests to container hosts. Prints the key and does not store it.
// usage: npm run gateway-key -- [kid]
import process from "node:process";
import { makeGatewayKey } from "./data-folder.ts";

const kid = process.argv[2] ?? new Date().toISOString().slice(0, 7);
const { x, d } = await makeGatewayKey(kid);
console.log(`For the gateway (secret):    ${JSON.stringify({ kid, x, d })}`);
console.log(`For each host's host.env:    MCPNEST_HOST_KEYS='${JSON.stringify([{ kid, x }])}'`);
