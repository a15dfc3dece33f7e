import type { z } from "zod";
import { NamedTeam } from "../records/team.ts";

/** API view of a team, with its rules and the ids of its members. */
export const Team = NamedTeam.extend({}).meta({ id: "Team" });
export type Team = z.infer<typeof Team>;
