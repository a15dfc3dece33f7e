import { config } from "zod";

// Zod compiles its parsers with `new Function`. The content security policy forbids it and reports even the attempt.
config({ jitless: true });
