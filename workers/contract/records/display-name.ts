import { z } from "zod";
import { escapeLine } from "../text/hidden-characters.ts";

/**
 * A name that people read: of a workspace, server, member, token or user. 1 to 120 characters in one line, none of them
 * hidden: two names that look the same must be the same.
 */
export const DisplayName = z
  .string()
  .trim()
  .min(1)
  .max(120)
  .refine((name) => escapeLine(name) === name, "use visible characters in one line");
