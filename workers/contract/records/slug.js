import { z } from "zod";
/** The name of a workspace or server in URLs and rules. It never changes. */
export const Slug = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,38}$/,
    "use 1 to 39 of a-z, 0-9 and -, starting with a letter or digit",
  );
