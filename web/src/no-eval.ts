import { config } from "zod";

// Zod compiles its parsers where `new Function` is allowed. It is not here, and the mere try is a policy violation.
config({ jitless: true });
