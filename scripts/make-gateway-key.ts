// Makes the key with which a gateway signs its requests to container hosts. Prints the key and does not store it.
// usage: npm run gateway-key -- [kid]
import process from "node:process";
import { exportJWK, generateKeyPair } from "jose";

const kid = process.argv[2] ?? new Date().toISOString().slice(0, 7);
const { privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
const { x, d } = await exportJWK(privateKey);
console.log(`For the gateway (secret):    ${JSON.stringify({ kid, x, d })}`);
console.log(`For each host's host.env:    MCPNEST_HOST_KEYS='${JSON.stringify([{ kid, x }])}'`);
