// node test/soak/hostile-server.ts <port>
import { startHostileUpstream } from "../fixtures/hostile-upstream.mjs";

await startHostileUpstream(Number(process.argv[2]));
