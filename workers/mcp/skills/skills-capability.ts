import { isObject } from "../json.ts";
import { SKILLS_EXTENSION } from "../protocol.ts";

/** Whether a server declares the skills extension: an object under its identifier (SEP-2640, "Capability"). */
export function declaresSkills({ extensions }: Record<string, unknown>): boolean {
  return isObject(extensions) && isObject(extensions[SKILLS_EXTENSION]);
}
