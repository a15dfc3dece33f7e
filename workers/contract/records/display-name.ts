import { z } from "zod";

/** A name that people read: of a workspace, server, member, token or user. 1 to 120 characters. */
export const DisplayName = z.string().trim().min(1).max(120);
